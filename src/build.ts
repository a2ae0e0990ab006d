/**
 * Builds `dist/ecr-credential-provider`. Not part of the program: nothing in `src/` imports it.
 *
 * The typed API, not the command line: `bun build` accepts unknown flags in silence, so a typing error in a hardening flag
 * would go unnoticed. A test runs the binary in hostile surroundings; Bun 1.4.5 reads neither tsconfig.json nor package.json
 * there, so those two options guard against a change of that.
 */
const result = await Bun.build({
  entrypoints: ['src/main.ts'],
  target: 'bun',
  format: 'esm',
  minify: true,
  bytecode: true,
  compile: {
    outfile: 'dist/ecr-credential-provider',
    // The working directory is not ours: a `.env` there would add variables, a `bunfig.toml` would run code.
    autoloadDotenv: false,
    autoloadBunfig: false,
    autoloadTsconfig: false,
    autoloadPackageJson: false,
    // Free at run time, and a floor that BUN_OPTIONS cannot lower: also refuses `BUN_OPTIONS=--preload=...`.
    execArgv: ['--disallow-code-generation-from-strings=strict'],
  },
})
for (const log of result.logs) console.error(log)
if (!result.success) process.exit(1)
