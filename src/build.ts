/**
 * Builds `dist/ecr-credential-provider`, and the list of what `read-ahead` reads of it. Not part of the program: nothing else
 * in `src/` imports it.
 *
 * The typed API, not the command line: `bun build` accepts unknown flags in silence, so a typing error in a hardening flag
 * would go unnoticed. A test runs the binary in hostile surroundings; Bun 1.4.5 reads neither tsconfig.json nor package.json
 * there, so those two options guard against a change of that.
 */

import { dirname } from 'node:path'

import { writeRangeList } from './units/range_list.ts'

/** A runtime other than the one that builds; both are needed, since without the target Bun writes other bytes. */
interface Runtime {
  readonly target: Bun.Build.CompileTarget
  /** Path of the `bun` that the program is appended to. */
  readonly executablePath: string
}

/**
 * How a program is compiled, by its entry point and where it goes. The bytes follow from the source, the commit, the version
 * of Bun and the base name of `outfile`; not from folder, time or user.
 */
export async function compile(
  entrypoint: string,
  outfile: string,
  runtime?: Runtime,
): Promise<Bun.BuildOutput> {
  return Bun.build({
    entrypoints: [entrypoint],
    target: 'bun',
    format: 'esm',
    minify: true,
    bytecode: true,
    define: { BUILD_COMMIT: JSON.stringify(readCommit(dirname(entrypoint))) },
    compile: {
      outfile,
      ...runtime,
      // The working directory is not ours: a `.env` there would add variables, a `bunfig.toml` would run code.
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
      // Free at run time, and a floor that BUN_OPTIONS cannot lower: also refuses `BUN_OPTIONS=--preload=...`.
      execArgv: [
        '--disallow-code-generation-from-strings=strict',
        // The runtime would print the error of a rejection that a bug leaves without a handler, with a piece of the source.
        '--unhandled-rejections=none',
      ],
    },
  })
}

/**
 * The commit that `folder` is at, with `-modified` if a tracked file differs from it; `unknown` where there is no git, or it
 * will not speak of a folder of another user.
 */
export function readCommit(folder: string): string {
  const git = ['git', 'describe', '--always', '--abbrev=64', '--exclude=*', '--dirty=-modified']
  try {
    const { exitCode, stdout } = Bun.spawnSync(git, { cwd: folder, stderr: 'ignore' })
    return exitCode === 0 ? stdout.toString().trim() : 'unknown'
  } catch {
    return 'unknown'
  }
}

if (import.meta.main) {
  const binary = 'dist/ecr-credential-provider'
  const { logs } = await compile('src/main.ts', binary)
  for (const log of logs) console.error(log)
  writeRangeList(binary, process.arch)
}
