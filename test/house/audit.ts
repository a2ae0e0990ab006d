import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { readLocked } from '../../src/release/downloads.ts'
import { TARGETS } from '../../src/release/package.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** A part of the program that is read in one go. */
interface Leg {
  readonly name: string
  /** The files to open, in this order: their imports lead to the rest. */
  readonly begin: readonly string[]
  readonly lookFor: string
  /** Files, and folders that end in a slash, of src/. A file belongs to the leg that names the most of its path. */
  readonly paths: readonly string[]
}

/**
 * The way of an audit: each part needs only those before it. The first eight are what a plain node with an instance role runs;
 * they lead on only to what has to be configured, and to the commands for people.
 */
export const LEGS: readonly Leg[] = [
  {
    name: 'vocabulary',
    begin: ['base/failure.ts', 'base/decode.ts', 'base/files.ts'],
    lookFor:
      'what every other part speaks of; no line has a place for a secret: a `Failure` names what was read and does not quote it, but for the stderr of a `credential_process`',
    paths: ['base/'],
  },
  {
    name: 'configuration',
    begin: ['config/shared_files.ts', 'config/settings.ts'],
    lookFor: 'empty is unset; values never shown',
    paths: ['config/'],
  },
  {
    name: 'wire',
    begin: ['net/network.ts', 'host/socket.ts'],
    lookFor: 'verified before anything is sent; no answer of ambiguous length, none over a limit',
    paths: [
      'net/',
      'net/proxy/rules.ts',
      'base/addresses.ts',
      'host/socket.ts',
      'host/connection.ts',
    ],
  },
  {
    name: 'process',
    begin: ['host/host.ts'],
    lookFor: 'no path taken for a URL; a signal still ends the run',
    paths: ['host/'],
  },
  {
    name: 'signature',
    begin: ['aws/call.ts'],
    lookFor: 'keys only to `serviceUrl`; the clock is learned only from skew codes',
    paths: ['aws/'],
  },
  {
    name: 'which identity',
    begin: ['credentials/select.ts', 'credentials/resolve.ts'],
    lookFor: 'selection before any I/O; no fall-through',
    paths: ['credentials/'],
  },
  {
    name: 'who is answered',
    begin: ['ecr/host.ts', 'ecr/pull.ts', 'ecr/token.ts'],
    lookFor: 'anchored patterns; no network before',
    paths: ['ecr/'],
  },
  {
    name: 'story',
    begin: ['main.ts'],
    lookFor: 'one write to stdout; nothing foreign printed',
    paths: ['main.ts', 'plugin.ts', 'kubelet/'],
  },
  {
    name: 'with a proxy',
    begin: ['net/proxy/exempt.ts', 'net/proxy/tunnel.ts', 'host/nested_tls.ts'],
    lookFor:
      'what never goes through it; nothing follows its answer; TLS inside is verified as without it',
    paths: ['net/proxy/', 'host/nested_tls.ts'],
  },
  {
    name: 'with another source',
    begin: [
      'credentials/sources/sts.ts',
      'credentials/sources/container.ts',
      'credentials/sources/process.ts',
      'host/command.ts',
      'credentials/sources/sso.ts',
    ],
    lookFor: "a refused role is not the node's role; the command's group",
    paths: ['credentials/sources/', 'host/command.ts'],
  },
  {
    name: 'with a cache',
    begin: [
      'cache/key.ts',
      'cache/single_flight.ts',
      'host/disk.ts',
      'host/boot_clock.ts',
      'warm.ts',
    ],
    lookFor: 'who may read it; what a token in it is for, and until when',
    paths: ['cache/', 'warm.ts', 'host/disk.ts', 'host/boot_clock.ts'],
  },
  {
    name: 'operator commands',
    begin: ['operator/doctor/doctor.ts', 'operator/kubelet_config/command.ts', 'host/machine.ts'],
    lookFor: 'nothing of it runs for a kubelet; nothing secret in it',
    paths: ['operator/', 'base/machine.ts', 'host/machine.ts'],
  },
  {
    name: 'beside the program',
    begin: [
      'units/read-ahead',
      'units/ecr-credential-provider-read-ahead.service',
      'units/ecr-credential-provider-warm.service',
      'units/range_list.ts',
    ],
    lookFor: 'units and the script they run: read-ahead only reads, and always ends well',
    paths: ['units/'],
  },
]

/** The legs that a plain node with an instance role runs. */
export const PLAIN_LEGS = 8

/** What of src/ is not part of the program, nor beside it. */
const NOT_SHIPPED = ['build.ts', 'release/']

/** Every source file of the program, and of what is installed beside it. */
export function sourceFiles(): readonly string[] {
  const found = ['**/*.ts', 'units/*'].flatMap((pattern) => [
    ...new Bun.Glob(pattern).scanSync({ cwd: join(ROOT, 'src') }),
  ])
  const shipped = found.filter((file) => !NOT_SHIPPED.some((path) => fits(file, path)))
  return [...new Set(shipped)].toSorted()
}

/** The number of a file's leg, from 1. */
export function legOf(file: string): number {
  const matches = LEGS.map(({ paths }) =>
    Math.max(...paths.map((path) => (fits(file, path) ? path.length : -1))),
  )
  const longest = Math.max(...matches)
  return longest === -1 ? 0 : matches.indexOf(longest) + 1
}

function fits(file: string, path: string): boolean {
  return path.endsWith('/') ? file.startsWith(path) : file === path
}

/** Lines of a source file: those with code on them, and all. */
function countLines(file: string): { readonly code: number; readonly all: number } {
  const text = readFileSync(join(ROOT, 'src', file), 'utf8')
  const code = text
    .replace(/^\s*\/\*[^]*?\*\//gm, '')
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s*(?:\/\/|#)/.test(line))
  return { code: code.length, all: text.split('\n').length - 1 }
}

/** Lines of a number of files. */
export function sumLines(files: readonly string[]): {
  readonly code: number
  readonly all: number
} {
  return files
    .map(countLines)
    .reduce((sum, { code, all }) => ({ code: sum.code + code, all: sum.all + all }), {
      code: 0,
      all: 0,
    })
}

/** What of a package ends up in the binary. */
interface Bundled {
  /** Within `node_modules/`. */
  readonly file: string
  readonly lines: number
  readonly minifiedBytes: number
  readonly definitions: readonly { readonly name: string; readonly lines: number }[]
}

/** The packages in the binary, by the bundler's own report, and by the bundle as it is before it is minified. */
export async function bundledPackages(): Promise<readonly Bundled[]> {
  const entrypoints = [join(ROOT, 'src/main.ts')]
  const target = 'bun'
  const minified = await Bun.build({ entrypoints, target, minify: true, metafile: true })
  const plain = await Bun.build({ entrypoints, target })
  const [report] = Object.values(minified.metafile?.outputs ?? {})
  const text = (await plain.outputs[0]?.text()) ?? ''
  // The bundler writes each module's path above it.
  const modules = text.split(/^\/\/ (?=\S+$)/m).map((part) => ({
    path: part.slice(0, part.indexOf('\n')),
    lines: part.trimEnd().split('\n').slice(1),
  }))
  return Object.entries(report?.inputs ?? {})
    .filter(([path]) => path.includes('node_modules/'))
    .map(([path, { bytesInOutput }]) => {
      const file = path.split('node_modules/')[1] ?? ''
      const source = readFileSync(join(ROOT, 'node_modules', file), 'utf8')
      const lines = modules.find((each) => each.path.endsWith(file))?.lines ?? []
      const definitions = lines.flatMap((line, at) => {
        const found = /^(?:(?:async )?function|class|var) (?<name>[\w$]+)/.exec(line)?.groups?.[
          'name'
        ]
        if (found === undefined) return []
        // The bundler numbers a name that it has twice.
        const name = new RegExp(`\\b${RegExp.escape(found)}\\b`).test(source)
          ? found
          : found.replace(/\d+$/, '')
        const end = line.endsWith(';')
          ? 0
          : lines.slice(at).findIndex((each) => /^[}\]]/.test(each))
        return { name, lines: end + 1 }
      })
      return { file, lines: lines.length, minifiedBytes: bytesInOutput, definitions }
    })
}

/** What stands in the README before and after the generated text. */
export const AUDIT_MARKERS = [
  '<!-- generated from src: begin -->',
  '<!-- end of audit -->',
] as const

const listPaths = (paths: readonly string[]) => paths.map((path) => `\`${path}\``).join(', ')

/** The README's audit guide: the legs with their sizes, and what of the packages is in the binary. */
export async function formatAuditGuide(): Promise<string> {
  const files = sourceFiles()
  const rows = LEGS.map(({ name, begin, lookFor, paths }, index) => {
    const own = files.filter((file) => legOf(file) === index + 1)
    const { code, all } = sumLines(own)
    return `| ${index + 1} ${name} | ${listPaths(paths)} | ${listPaths(begin)} | ${own.length} | ${code} | ${all} | ${lookFor} |`
  })
  const plain = sumLines(files.filter((file) => legOf(file) <= PLAIN_LEGS))
  const total = sumLines(files)
  const packages = (await bundledPackages()).map(({ file, lines, minifiedBytes, definitions }) => {
    const names = definitions.map((each) => `\`${each.name}\` (${each.lines})`).join(', ')
    return `- \`${file}\`: ${lines} lines, ${minifiedBytes} bytes minified. ${names}.`
  })
  const runtimes = TARGETS.map(({ cpu, runtime }) => {
    const { version, integrity } = readLocked(runtime)
    return `- ${cpu}: \`${runtime}\` ${version}, \`${integrity}\``
  })
  return [
    [
      '| part | files of `src/` | begin with | files | lines of code | with comments | look for |',
      '| --- | --- | --- | ---: | ---: | ---: | --- |',
      ...rows,
    ].join('\n'),
    `Parts 1 to ${PLAIN_LEGS}, which are all that a node with an instance role runs: ${plain.code} lines of code (${plain.all} with comments). All: ${total.code} (${total.all}).`,
    'Of the two packages the binary holds this and nothing else; each name is a function, class or constant to read, with its lines:',
    packages.join('\n'),
    'The rest is the runtime. npm checks its archive against this hash of `package-lock.json`:',
    runtimes.join('\n'),
  ].join('\n\n')
}
