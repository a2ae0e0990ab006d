import { expect, setDefaultTimeout } from 'bun:test'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'

import { examine } from '../binary/doctor/node.ts'
import { runPlugin } from '../world/plugin.ts'
import { enter, expectFlow, expectFlowIn } from './flow.ts'
import {
  firstOf,
  makeFolder,
  missing,
  NAMES,
  needs,
  NO_PORTABLE,
  NO_RELEASE,
  NO_ROOTS,
  NOT_X64,
  source,
  unpack,
} from './support.ts'

// Every target runs, from the archive that is published: the whole way to a password, TLS included.

setDefaultTimeout(300_000)

const PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
const ARM64_LIBRARIES = '/usr/aarch64-linux-gnu'
const NO_ARM64 = firstOf(
  NO_RELEASE,
  missing('qemu-aarch64-static', 'qemu-user-static'),
  existsSync(ARM64_LIBRARIES)
    ? undefined
    : 'there is no C library for arm64: install libc6-arm64-cross',
)

const folder = makeFolder('runs')

const expectVersion = async (command: readonly string[], platform: string) => {
  const { stdout } = await runPlugin({ command, args: ['--version'], env: { PATH } })
  expect(stdout).toBe(
    `ecr-credential-provider ${source.version} (commit ${source.commit}, Bun ${Bun.version}, ${platform})\n`,
  )
}

needs(firstOf(NO_RELEASE, NOT_X64))('x64 runs', async () => {
  const binary = join(unpack(NAMES.x64, folder), 'ecr-credential-provider')
  await expectVersion([binary], 'linux-x64')
  await expectFlow([binary])
})

needs(firstOf(NO_RELEASE, NOT_X64))('x64 is what `npm run build` makes', () => {
  const built = readFileSync(new URL('../../dist/ecr-credential-provider', import.meta.url))
  // Built of the same files; the commit in it may have been made in between.
  if (!built.includes(source.commit)) return
  const released = readFileSync(join(unpack(NAMES.x64, folder), 'ecr-credential-provider'))
  expect(Bun.SHA256.hash(built, 'hex')).toBe(Bun.SHA256.hash(released, 'hex'))
})

needs(NO_ARM64)('arm64 runs, under qemu', async () => {
  const binary = join(unpack(NAMES.arm64, folder), 'ecr-credential-provider')
  const command = ['qemu-aarch64-static', '-L', ARM64_LIBRARIES, binary]
  await expectVersion(command, 'linux-arm64')
  await expectFlow(command)
})

needs(firstOf(NO_PORTABLE, NOT_X64, NO_ROOTS))(
  'portable runs in a root that holds nothing but the archive',
  async () => {
    const root = unpack(NAMES.portable, folder)
    const loader = '/glibc/ld-linux-x86-64.so.2'
    const program = [
      loader,
      '--inhibit-cache',
      '--library-path',
      '/glibc',
      '/glibc/ecr-credential-provider',
    ]
    expect(readFileSync(`${root}/ecr-credential-provider`, 'utf8')).toContain(
      '"$lib/ld-linux-x86-64.so.2" --inhibit-cache --library-path "$lib" "$lib/ecr-credential-provider" "$@"',
    )
    await expectVersion(enter(root, program), 'linux-x64')
    await expectFlowIn(root, program)
    // And the binary alone would not have run in there.
    const alone = await runPlugin({
      command: enter(root, ['/glibc/ecr-credential-provider']),
      env: { PATH },
    })
    expect(alone.exitCode).toBe(127)
  },
)

needs(firstOf(NO_PORTABLE, NOT_X64, NO_ROOTS, missing('busybox', 'busybox-static')))(
  'portable runs under the one name that a kubelet calls, with the sh of BusyBox',
  async () => {
    // As on Alpine: BusyBox and nothing of glibc, the archive in a folder of its own.
    const root = join(folder, 'alpine')
    mkdirSync(join(root, 'bin'), { recursive: true })
    copyFileSync(Bun.which('busybox') ?? '', join(root, 'bin/sh'))
    mkdirSync(join(root, 'usr/libexec'), { recursive: true })
    unpack(NAMES.portable, join(root, 'usr/libexec'))
    const plugin = `/usr/libexec/${NAMES.portable}/ecr-credential-provider`
    await expectVersion(enter(root, [plugin]), 'linux-x64')
    await expectFlowIn(root, [plugin])
    expect(readdirSync(root).toSorted()).toEqual(['bin', 'ca.pem', 'etc', 'proc', 'usr'])
  },
)

needs(firstOf(NO_PORTABLE, NOT_X64))(
  'portable: doctor knows its script for what the kubelet runs, through a link to the folder',
  async () => {
    const { report, found } = await examine({
      program: 'portable',
      flags: [
        '--image-credential-provider-config=DIR/config.yaml',
        '--image-credential-provider-bin-dir=DIR/portable',
      ],
      prepare: ({ directory }) =>
        symlinkSync(unpack(NAMES.portable, folder), `${directory}/portable`),
    })
    expect([report.verdict, ...found]).toEqual(['ok'])
  },
)

needs(NO_RELEASE)('no symbol of a glibc newer than 2.17 is asked for', () => {
  for (const name of [NAMES.x64, NAMES.arm64]) {
    const binary = readFileSync(join(unpack(name, folder), 'ecr-credential-provider'))
    const minors: number[] = []
    for (let at = 0; (at = binary.indexOf('\0GLIBC_2.', at)) !== -1; at += 1) {
      const rest = binary.toString('latin1', at + 9, at + 14)
      minors.push(Number(/^\d+/.exec(rest)?.[0]))
    }
    expect([name, Math.max(...minors)]).toEqual([name, 17])
  }
})
