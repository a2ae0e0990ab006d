import { afterAll, expect, setDefaultTimeout } from 'bun:test'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'

import { expectFlowIn } from './flow.ts'
import { asRoot, listRoot, makeRoot, makeSmall, type Manager, MANAGERS } from './roots.ts'
import { firstOf, missing, needs, NO_RELEASE, NO_ROOTS, NOT_X64, pathOf, run } from './support.ts'

// The packages, installed, upgraded and removed by dpkg and by rpm, each time into a root of its own.

setDefaultTimeout(300_000)

const HERE = '/usr/libexec/ecr-credential-provider/ecr-credential-provider'
const NODEADM = 'etc/eks/image-credential-provider'
const LINK = `${NODEADM}/ecr-credential-provider`
const READ_AHEAD =
  'etc/systemd/system/sysinit.target.wants/ecr-credential-provider-read-ahead.service'
const WARM = 'etc/systemd/system/multi-user.target.wants/ecr-credential-provider-warm.service'

const roots: string[] = []
afterAll(() => {
  for (const root of roots) rmSync(root, { recursive: true })
})

function begin(manager: Manager): string {
  const root = makeRoot()
  roots.push(root)
  manager.begin(root)
  return root
}

/** As the operator of the host would. */
const systemctl = (root: string, verb: string, unit: string) =>
  asRoot('chroot', root, '/bin/systemctl', '--quiet', verb, unit)

/** Whether there is anything, be it a link to nowhere. */
const isThere = (path: string) => lstatSync(path, { throwIfNoEntry: false }) !== undefined

const NO_SYSTEMD = missing('systemctl', 'systemd')

for (const manager of MANAGERS) {
  const { name, install, remove, purge, verify } = manager
  const reason = firstOf(NO_RELEASE, NOT_X64, NO_ROOTS, missing(name), NO_SYSTEMD)

  needs(reason)(`${name} installs a plugin that runs, and removes all of it`, async () => {
    const root = begin(manager)
    const before = listRoot(root)
    install(root, pathOf(manager.released))
    const added = listRoot(root)
      .filter((path) => !before.includes(path))
      .map((path) => path.replace('-> /usr/lib/', '-> /lib/'))
    const own = 'usr/libexec/ecr-credential-provider'
    const documents = 'usr/share/doc/ecr-credential-provider'
    const units = 'usr/lib/systemd/system/ecr-credential-provider'
    const isMine = `${process.getuid?.()}:${process.getgid?.()}`
    expect(added).toEqual(
      [
        `755 ${isMine} etc/systemd/system/sysinit.target.wants`,
        `777 ${isMine} ${READ_AHEAD} -> /lib/systemd/system/ecr-credential-provider-read-ahead.service`,
        `644 ${isMine} ${units}-read-ahead.service`,
        `644 ${isMine} ${units}-warm.service`,
        `755 ${isMine} ${own}`,
        `755 ${isMine} ${own}/ecr-credential-provider`,
        `644 ${isMine} ${own}/ecr-credential-provider.ranges`,
        `755 ${isMine} ${own}/read-ahead`,
        `755 ${isMine} ${documents}`,
        `644 ${isMine} ${documents}/LICENSE`,
        `644 ${isMine} ${documents}/NOTICES.txt`,
        `644 ${isMine} ${documents}/sbom.cdx.json`,
      ].toSorted(),
    )
    expect(verify(root)).not.toMatch(/ecr-credential-provider$/m)
    await expectFlowIn(root, [HERE])
    rmSync(`${root}/ca.pem`)
    rmSync(`${root}/etc/resolv.conf`)
    // The cache of a plugin that has run.
    mkdirSync(`${root}/run/ecr-credential-provider`)
    writeFileSync(`${root}/run/ecr-credential-provider/token`, 'x')
    expect(remove(root)).toContain('a kubelet whose configuration still names it')
    purge(root)
    expect(listRoot(root).filter((path) => !before.includes(path))).toEqual(
      // systemd's own habit: it leaves the folder of the links that it removes.
      existsSync(`${root}/etc/systemd/system/sysinit.target.wants`)
        ? [`755 ${isMine} etc/systemd/system/sysinit.target.wants`]
        : [],
    )
  })

  needs(reason)(`${name}: where nodeadm looks there is a link, and no longer after removal`, () => {
    const root = begin(manager)
    mkdirSync(join(root, NODEADM), { recursive: true })
    install(root, makeSmall(root, manager, '0.0.1'))
    expect(readlinkSync(join(root, LINK))).toBe(HERE)
    expect(isThere(join(root, READ_AHEAD))).toBe(true)
    expect(isThere(join(root, WARM))).toBe(false)

    // What the operator has changed since stays so over an upgrade; a unit of the two that is enabled goes with the package.
    systemctl(root, 'disable', 'ecr-credential-provider-read-ahead.service')
    systemctl(root, 'enable', 'ecr-credential-provider-warm.service')
    install(root, makeSmall(root, manager, '0.0.2'))
    expect(readlinkSync(join(root, LINK))).toBe(HERE)
    expect(isThere(join(root, READ_AHEAD))).toBe(false)
    expect(isThere(join(root, WARM))).toBe(true)

    remove(root)
    expect(isThere(join(root, LINK))).toBe(false)
    expect(isThere(join(root, WARM))).toBe(false)
    expect(listRoot(root).filter((path) => path.includes('ecr-credential-provider'))).toEqual([])

    // Installed once more it is new. Of a link in the place of the cache the link alone goes.
    install(root, makeSmall(root, manager, '0.0.1'))
    expect(readlinkSync(join(root, LINK))).toBe(HERE)
    expect(isThere(join(root, READ_AHEAD))).toBe(true)
    mkdirSync(join(root, 'elsewhere/kept'), { recursive: true })
    symlinkSync('/elsewhere', join(root, 'run/ecr-credential-provider'))
    remove(root)
    expect(isThere(join(root, 'run/ecr-credential-provider'))).toBe(false)
    expect(isThere(join(root, 'elsewhere/kept'))).toBe(true)
  })

  needs(reason)(`${name} leaves the file that nodeadm uses, and says how to switch`, () => {
    const root = begin(manager)
    mkdirSync(join(root, NODEADM), { recursive: true })
    writeFileSync(join(root, LINK), "AWS's own")
    const text = install(root, makeSmall(root, manager, '0.0.1'))
    const command =
      /is left as it is; to switch: (?<command>.+)$/m.exec(text)?.groups?.['command'] ?? ''
    expect(readFileSync(join(root, LINK), 'utf8')).toBe("AWS's own")
    // The line does what it says; mv is the one tool that the scripts do without.
    const inRoot = command.replaceAll(' /etc/', ` ${root}/etc/`)
    run('/bin/sh', '-c', inRoot)
    expect(readlinkSync(join(root, LINK))).toBe(HERE)
    expect(readFileSync(join(root, `${LINK}.old`), 'utf8')).toBe("AWS's own")
    remove(root)
    expect(isThere(join(root, LINK))).toBe(false)
    expect(readFileSync(join(root, `${LINK}.old`), 'utf8')).toBe("AWS's own")
  })

  needs(reason)(`${name} installs where there is no systemd`, () => {
    const root = begin(manager)
    rmSync(join(root, 'bin/systemctl'))
    install(root, makeSmall(root, manager, '0.0.1'))
    expect(isThere(join(root, READ_AHEAD))).toBe(false)
    remove(root)
    expect(listRoot(root).filter((path) => path.includes('ecr-credential-provider'))).toEqual([])
  })
}

needs(NO_RELEASE)('no script of a package restarts a service, or writes a file', () => {
  for (const name of ['installed', 'removed']) {
    const text = readFileSync(new URL(`../../src/release/scripts/${name}`, import.meta.url), 'utf8')
    const code = text.replace(/^\s*#.*$/gm, '')
    expect(code).not.toMatch(
      /restart|try-restart|reload-or|systemctl (?:--quiet )?(?:start|stop)|kubelet\.service/,
    )
    expect(code).not.toContain('>')
  }
})
