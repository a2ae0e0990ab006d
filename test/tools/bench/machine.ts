import { availableParallelism, cpus, loadavg, release, type } from 'node:os'

/** What the figures depend on, as lines. */
export function describeMachine(): readonly string[] {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU'
  const load = loadavg()[0] ?? NaN
  return [
    `${model}, ${availableParallelism()} cores, ${type()} ${release()} ${process.arch}`,
    `Bun ${Bun.version}, ${new Date().toISOString().slice(0, 10)}, load ${load.toFixed(2)} before`,
  ]
}
