import type { Connection, System } from '../../src/base/system.ts'

/** The parts of a system that a test cares about; `files` maps a path to its text, or to the error code of reading it. */
export interface FakeParts extends Partial<System> {
  readonly files?: Readonly<Record<string, string | { readonly code: string }>>
}

/** A system of literals: no process, no clock, no network unless the test brings one. */
export function fakeSystem({ files = {}, ...parts }: FakeParts = {}): System {
  return {
    env: {},
    connect: async () => Promise.reject(new Error('no network in this test')),
    connectNested: async () => Promise.reject(new Error('no network in this test')),
    inspectCertificate: () => 'root',
    builtInRoots: () => 'built-in roots',
    readFile: async (path, maxBytes) => {
      const file = files[path] ?? { code: 'ENOENT' }
      if (typeof file !== 'string') throw Object.assign(new Error('refused'), file)
      return new TextEncoder().encode(file).subarray(0, maxBytes)
    },
    listFiles: async (directory) =>
      Object.keys(files).filter((path) => path.startsWith(`${directory}/`)),
    replaceFile: async () => Promise.reject(new Error('no writing in this test')),
    openPrivateDirectory: () => {
      throw new Error('no directory in this test')
    },
    bootClock: () => {
      throw new Error('no boot clock in this test')
    },
    sha256: (text) => new Bun.CryptoHasher('sha256').update(text).digest('hex'),
    processId: 1000,
    isRunning: () => true,
    onSignal: () => () => undefined,
    lookUp: async () => Promise.reject(new Error('no names in this test')),
    runCommand: async () => Promise.reject(new Error('no commands in this test')),
    product: 'ecr-credential-provider/test',
    random: () => 0.5,
    sleep: async () => undefined,
    homeDirectory: async () => '/home-from-user-database',
    now: () => Date.UTC(2026, 0, 1),
    elapsedMs: () => 0,
    step: () => undefined,
    ...parts,
  }
}

/** A connection whose server answers with this body, whatever it is asked. */
export function answering(body: string, status = 200): Connection {
  const bytes = Buffer.from(body)
  const head = `HTTP/1.1 ${status} X\r\nContent-Length: ${bytes.length}\r\n\r\n`
  const connection: Connection = {
    sendAndParse: async (_, parse) => {
      const parsed = parse(Buffer.concat([Buffer.from(head), bytes]))
      if (parsed === undefined) throw new Error('the answer is not whole')
      return parsed
    },
    secure: async () => connection,
    isOpen: () => true,
    close: () => undefined,
  }
  return connection
}
