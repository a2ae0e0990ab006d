import type { PrivateDirectory } from '../../src/base/system.ts'
import { type FakeParts, fakeSystem } from './system.ts'

export const BOOT = '00000000-0000-4000-8000-000000000001'

/** A node: its boot clock, its wall clock, its processes, and one directory, all of which a test can move. */
export interface FakeNode {
  bootId: string
  uptimeMs: number
  nowMs: number
  readonly running: Set<number>
  readonly files: Map<string, string>
  readonly claims: Map<string, string>
  /** Whether every use of the directory fails, as on a full or read-only disk. */
  isBroken: boolean
}

/** A node that has been up for 100 s. */
export function fakeNode(): FakeNode {
  return {
    bootId: BOOT,
    uptimeMs: 100_000,
    nowMs: Date.UTC(2026, 0, 1),
    running: new Set([1000]),
    files: new Map(),
    claims: new Map(),
    isBroken: false,
  }
}

/** A process of that node, begun now. */
export function processOn(node: FakeNode, parts: FakeParts = {}) {
  const startedAtMs = node.uptimeMs
  return fakeSystem({
    now: () => node.nowMs,
    elapsedMs: () => node.uptimeMs - startedAtMs,
    bootClock: () => ({ bootId: node.bootId, uptimeMs: () => node.uptimeMs }),
    isRunning: (processId) => node.running.has(processId),
    openPrivateDirectory: () => directoryOf(node),
    sleep: async (ms) => {
      node.uptimeMs += ms
    },
    ...parts,
  })
}

function directoryOf(node: FakeNode): PrivateDirectory {
  function use<T>(work: () => T): T {
    if (node.isBroken) throw Object.assign(new Error('x'), { code: 'ENOSPC' })
    return work()
  }
  return {
    read: (name) => use(() => node.files.get(name)),
    replace: (name, text) => use(() => void node.files.set(name, text)),
    claim: (name, text) =>
      use(() => {
        if (node.claims.has(name)) return false
        node.claims.set(name, text)
        return true
      }),
    claimant: (name) => use(() => node.claims.get(name)),
    remove: (name) =>
      use(() => {
        node.files.delete(name)
        node.claims.delete(name)
      }),
    list: () =>
      use(() => [...node.files.keys()].map((name) => ({ name, changedAtMs: node.nowMs }))),
  }
}
