import type { Machine } from '../../base/machine.ts'
import { examine } from './examine.ts'
import { chooseKubelet, readKubelet } from './kubelet.ts'
import { doctorHelp, type DoctorOptions, parseDoctorOptions } from './options.ts'
import { parseImage } from './registry/image.ts'
import { type Check, exitCodeOf, formatJson, judge, type Tell } from './report.ts'
import { moveTo, wayTo } from './root.ts'
import { judgeRuntime } from './runtime.ts'
import { formatCheck, formatVerdict } from './text.ts'

/** Longest whole examination, in milliseconds: far more than all its time limits together usually come to. */
const MAX_MS = 180_000

/** Longest wait for what is known of the container runtime, in milliseconds: it does not decide anything. */
const RUNTIME_MS = 10_000

/**
 * The command `doctor`: says, step by step, whether and why a pull on this node would work. Gives the exit code.
 *
 * @param words - of the command line, behind `doctor`.
 * @throws {Failure} `usage_*` - of the command line.
 */
export async function doctor(words: readonly string[], machine: Machine): Promise<number> {
  const { print, isColoured } = machine
  const options = parseDoctorOptions(words)
  if (options.isHelp) {
    await print(doctorHelp())
    return 0
  }
  const image = options.image === undefined ? undefined : parseImage(options.image)
  const checks: Check[] = []
  let printing = Promise.resolve()
  const show = async (text: string) => {
    printing = printing.then(async () => print(text))
    return printing
  }
  const tell: Tell = (check) => {
    const text = formatCheck(check, checks.at(-1)?.id, isColoured)
    if (!options.asJson)
      // What cannot be printed makes the last of it fail.
      show(checks.length === 0 ? `${titleOf(machine, options)}\n${text}` : text).catch(() => 0)
    checks.push(check)
  }
  const found = await chooseKubelet(options, machine, tell)
  const way = found === undefined ? [] : wayTo(found.pid, machine)
  if (found !== undefined && way.length > 0) {
    const code = await moveTo(found, way, { words, machine, tell })
    if (code !== undefined) return code
  } else {
    const kubelet = found === undefined ? undefined : await readKubelet(found, machine, tell)
    const examined =
      kubelet === undefined ? undefined : examine(kubelet, { options, image, machine, tell })
    await Promise.race([examined, machine.sleep(MAX_MS).then(() => tellLate(tell))])
    tellSkipped(checks, options, tell)
    if (kubelet !== undefined) {
      const judged = judgeRuntime(image?.host, kubelet.env, { machine, tell })
      await Promise.race([judged, machine.sleep(RUNTIME_MS)])
    }
  }
  const asked = options.image
  await show(options.asJson ? formatJson(asked, checks) : formatVerdict(asked, checks))
  return exitCodeOf(judge(checks))
}

function tellLate(tell: Tell): void {
  const summary = `no end in ${MAX_MS / 1000} s`
  const fix = 'look for a file on a dead mount'
  tell({ id: 'kubelet.late', status: 'unknown', cause: 'doctor_late', summary, fix })
}

function titleOf({ product, architecture }: Machine, { image }: DoctorOptions): string {
  const title = `${product.replace('/', ' ')}, linux/${architecture}\n`
  return image === undefined ? title : `${title}image ${image}\n`
}

/** The layers that were not reached, by the one that failed. */
function tellSkipped(
  checks: readonly Check[],
  { asksRegistry, image }: DoctorOptions,
  tell: Tell,
): void {
  const layers = ['kubelet', 'config', 'settings', 'identity', 'network', 'token', 'registry']
  const inLayer = (layer: string) => checks.filter(({ id }) => id.startsWith(`${layer}.`))
  const failed = layers.find((layer) =>
    inLayer(layer).some(({ status }) => status === 'fail' || status === 'unknown'),
  )
  const isAsked = asksRegistry && image !== undefined
  let reached = 'kubelet'
  for (const layer of layers) {
    if (inLayer(layer).length > 0) {
      reached = layer
      continue
    }
    const isLeftOut = layer === 'registry' && failed === undefined && !isAsked
    const why = image === undefined ? 'needs: an IMAGE' : 'left out by --no-registry'
    // Where the plugin has an answer all the same, no layer counts as failed.
    const summary = isLeftOut ? why : `needs: ${failed ?? reached}`
    tell({ id: `${layer}.skipped`, status: 'skip', summary })
  }
}
