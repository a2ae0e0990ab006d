import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'

// What .github says to people who have no other way to find out that it is wrong: paths, commands, links, workflows.

const ROOT = normalize(`${import.meta.dir}/../..`)
const BINARY = join(ROOT, 'dist/ecr-credential-provider')
const INSTALL = '.github/install'
const VERSION = 'v1.36.4-eks-1234567'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const pages = readdirSync(join(ROOT, INSTALL)).map((name) => join(INSTALL, name))
const forms = readdirSync(join(ROOT, '.github/ISSUE_TEMPLATE')).map((name) =>
  join('.github/ISSUE_TEMPLATE', name),
)
const playbooks = ['.github/CONTRIBUTING.md', '.github/RELEASING.md']

const folder = mkdtempSync(join(tmpdir(), 'pages-'))
afterAll(() => rmSync(folder, { recursive: true }))

function run(words: readonly string[]) {
  const { exitCode, stdout } = Bun.spawnSync([BINARY, ...words], { env: {} })
  return { exitCode, stdout: stdout.toString() }
}

/** The shell blocks of a page, without the indentation of a list. */
function blocksOf(page: string): readonly string[] {
  return [...read(page).matchAll(/^(?<indent> *)```sh\n(?<text>[^]*?)^ *```$/gm)].map(
    ({ groups }) => (groups?.['text'] ?? '').replaceAll(`\n${groups?.['indent'] ?? ''}`, '\n'),
  )
}

/** The headings of a document, as GitHub makes anchors of them. */
function headingsOf(text: string): readonly string[] {
  return [...text.replace(/^ *```[^]*?^ *```/gm, '').matchAll(/^#+ (.+)$/gm)].map(
    ([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
  )
}

/** What a text has the program do, in a line or between backticks: the words behind its name, variables replaced, redirections left out. */
function commandsOf(text: string): readonly (readonly string[])[] {
  const call = /(?:^ *["./$\w-]*\/|`)ecr-credential-provider"? (?<words>[^`|;\n]+)/gm
  return [...text.replaceAll('\\\n', ' ').matchAll(call)].map(({ groups }) =>
    (groups?.['words'] ?? '')
      .replace(/ [>#].*$/, '')
      .replaceAll('"', '')
      .replaceAll('$kubernetes', VERSION)
      .trim()
      .split(/ +/),
  )
}

test('the README names every page, and what is for contributors', () => {
  const readme = read('README.md')
  expect(pages.length).toBeGreaterThan(5)
  for (const path of [...pages, ...playbooks])
    expect([path, readme.includes(`(${path})`)]).toEqual([path, true])
})

test('every link between documents leads to a file, and to a heading in it', () => {
  for (const path of ['README.md', 'SECURITY.md', ...playbooks, ...pages]) {
    for (const [, link = ''] of read(path).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : join(dirname(path), file)
      expect([path, link, statSync(join(ROOT, target)).isFile()]).toEqual([path, link, true])
      const isThere = anchor === undefined || headingsOf(read(target)).includes(anchor)
      expect([path, link, isThere]).toEqual([path, link, true])
    }
  }
})

test('every shell block is shell', () => {
  for (const page of pages) {
    const blocks = blocksOf(page)
    expect([page, blocks.length]).not.toEqual([page, 0])
    for (const block of blocks) {
      const { stderr } = Bun.spawnSync(['sh', '-n'], { stdin: Buffer.from(block) })
      expect([page, block, stderr.toString()]).toEqual([page, block, ''])
    }
  }
})

/** Where our files go, and those of others that we name; the same on every page. */
const PATHS = [
  '/usr/libexec/ecr-credential-provider',
  '/usr/libexec/ecr-credential-provider/ecr-credential-provider',
  '/usr/libexec/ecr-credential-provider/read-ahead',
  '/usr/libexec/ecr-credential-provider/glibc/ecr-credential-provider', // portable
  '/etc/kubernetes/credential-provider-config.yaml',
  '/run/ecr-credential-provider',
  '/etc/eks/nodeadm.d/ecr-credential-provider.yaml',
  '/etc/local.d/ecr-credential-provider.start',
  '/etc/systemd/system/ecr-credential-provider-warm.service.d',
  '/etc/systemd/system/kubelet.service.d/ecr-credential-provider.conf',
  '/usr/local/bin/ecr-credential-provider', // of kops
  '/usr/local/lib/kubelet/credentialproviders/ecr-credential-provider', // of Talos
]

test('our files are everywhere in the same places', () => {
  const units = readdirSync(join(ROOT, 'src/units')).filter((name) => name.endsWith('.service'))
  for (const path of [...pages, ...units.map((name) => join('src/units', name))]) {
    const text = read(path).replace(/https?:\S+|OWNER\/\S+/g, '')
    // Absolute paths with our name in them; one that is put together from a variable is not.
    const found = text.match(
      /(?<![\w"$}.])\/[\w./-]*(?:ecr-credential-provider|credential-provider-config)[\w./-]*/g,
    )
    const strange = (found ?? [])
      .map((each) => each.replace(/[./]+$/, ''))
      .filter((each) => !PATHS.includes(each))
    expect([path, strange]).toEqual([path, []])
  }
})

test('every command line of the program is one that it takes', () => {
  const printed = join(folder, 'config.yaml')
  expect(pages.flatMap((page) => commandsOf(read(page))).length).toBeGreaterThan(15)
  for (const page of [...pages, ...forms]) {
    const text = read(page)
    for (const words of commandsOf(text)) {
      const [command] = words
      const said = [page, words]
      if (command === 'config' && words[1] === 'check') {
        writeFileSync(printed, run(['config', ...argumentsOf('--kubernetes', words)]).stdout)
        const rest = ['config', 'check', printed, ...words.slice(3)].map((word) =>
          /^\$PWD$|^\$rancher/.test(word) ? dirname(BINARY) : word,
        )
        // 1 where the folder of the build belongs to somebody else than root.
        expect([...said, run(rest).exitCode]).not.toEqual([...said, 2])
      } else if (command === 'config' || command === '--version') {
        expect([...said, run(words).exitCode]).toEqual([...said, 0])
      } else {
        // Not run: it would look for a kubelet, and ask the network.
        const help = run([command ?? '', '--help'])
        expect([...said, help.exitCode]).toEqual([...said, 0])
        const flags = words.filter((word) => word.startsWith('--'))
        expect([...said, flags.filter((flag) => !help.stdout.includes(`  ${flag} `))]).toEqual([
          ...said,
          [],
        ])
      }
    }
  }
})

/** An option and its value, if it is there. */
function argumentsOf(option: string, words: readonly string[]): readonly string[] {
  const at = words.indexOf(option)
  return at === -1 ? [] : words.slice(at, at + 2)
}

test('a page gives the kubelet the flags that `config` prints for it', () => {
  const withFlags = pages.filter((page) => read(page).includes('--image-credential-provider-'))
  expect(withFlags.length).toBeGreaterThan(2)
  for (const page of withFlags) {
    const text = read(page)
    const [words = []] = commandsOf(text).filter(([, next]) => next?.startsWith('--') === true)
    const flags = /--image-credential-provider-[^\s`"]+/g
    const told = new Set(text.match(flags))
    const printed = new Set(run(words).stdout.match(flags))
    expect([page, [...told].toSorted()]).toEqual([page, [...printed].toSorted()])
  }
})

test('workflows say what they may do, and take actions by their commit', () => {
  const workflows = readdirSync(join(ROOT, '.github/workflows'))
  expect(workflows.length).toBeGreaterThan(1)
  for (const name of workflows) {
    const text = read(join('.github/workflows', name))
    expect([name, /^permissions:/m.test(text)]).toEqual([name, true])
    const actions = [...text.matchAll(/^[ -]*uses: *(.+)$/gm)].map(([, action = '']) => action)
    const loose = actions.filter(
      (action) => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action),
    )
    expect([name, loose]).toEqual([name, []])
  }
})
