/**
 * Builds `dist/ecr-credential-provider`. Not part of the program: nothing else in `src/` imports it.
 *
 * The typed API, not the command line: `bun build` accepts unknown flags in silence, so a typing error in a hardening flag
 * would go unnoticed. A test runs the binary in hostile surroundings; Bun 1.4.5 reads neither tsconfig.json nor package.json
 * there, so those two options guard against a change of that.
 */

/** How a program is compiled, by its entry point and where it goes. */
export async function compile(entrypoint: string, outfile: string): Promise<Bun.BuildOutput> {
  return Bun.build({
    entrypoints: [entrypoint],
    target: 'bun',
    format: 'esm',
    minify: true,
    bytecode: true,
    compile: {
      outfile,
      // The working directory is not ours: a `.env` there would add variables, a `bunfig.toml` would run code.
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
      // Free at run time, and a floor that BUN_OPTIONS cannot lower: also refuses `BUN_OPTIONS=--preload=...`.
      execArgv: ['--disallow-code-generation-from-strings=strict'],
    },
  })
}

if (import.meta.main) {
  const result = await compile('src/main.ts', 'dist/ecr-credential-provider')
  for (const log of result.logs) console.error(log)
  if (!result.success) process.exit(1)
}
