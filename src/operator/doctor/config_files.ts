import { codeOf, quote } from '../../base/failure.ts'
import type { Machine } from '../../base/machine.ts'
import { byLine } from '../kubelet_config/check.ts'
import { type JudgedFile, judgePath } from '../kubelet_config/files.ts'
import type { Finding, Provider } from '../kubelet_config/finding.ts'
import { NEWEST_MINOR, parseMinor } from '../kubelet_config/version.ts'
import type { Kubelet } from './kubelet.ts'
import { chooseProvider } from './provider.ts'
import type { Tell } from './report.ts'

/** A file counts as changed when it is that much newer than the process, in milliseconds: `/proc` counts from a whole second. */
const SLACK_MS = 2000

/**
 * Judges the kubelet's configuration as `config check` does, and whether the kubelet has read it as it is now: it reads it
 * when it starts, and never again. Gives its providers, `undefined` where the kubelet would refuse them.
 */
export async function judgeFiles(
  path: string,
  kubelet: Kubelet,
  image: string | undefined,
  { machine, tell }: { readonly machine: Machine; readonly tell: Tell },
): Promise<readonly Provider[] | undefined> {
  const minor = parseMinor(kubelet.version ?? '') ?? NEWEST_MINOR
  const files = await judgePath(path, minor, machine)
  for (const file of files) tellChange(file.path, kubelet, { machine, tell })
  const all = files.flatMap(({ findings }) => findings)
  const isRefused = all.some(({ level }) => level === 'refused')
  const providers = files.flatMap((file) => file.providers)
  const isUnmatched =
    !isRefused && chooseProvider(providers, image, machine.executable) === undefined
  for (const file of files) {
    for (const finding of file.findings.toSorted(byLine))
      tellFinding(file, finding, isUnmatched, tell)
  }
  return isRefused ? undefined : providers
}

function tellChange(
  path: string,
  { startedAtMs }: Kubelet,
  { machine, tell }: { readonly machine: Machine; readonly tell: Tell },
): void {
  const id = 'config.file'
  const changedAtMs = changeOf(path, machine)
  // One that is not there is a finding of its own.
  if (changedAtMs === undefined) return
  if (startedAtMs === undefined || changedAtMs <= startedAtMs + SLACK_MS) {
    tell({ id, status: 'ok', summary: `${path}, read at start` })
    return
  }
  const [changed, started] = [changedAtMs, startedAtMs].map(
    (ms) => `${new Date(ms).toISOString().slice(0, 19)}Z`,
  )
  const summary = `${quote(path)} was changed at ${changed}; the kubelet, which runs since ${started}, has not read it again`
  const fix = 'restart the kubelet: systemctl restart kubelet'
  tell({ id, status: 'warn', cause: 'config_changed', summary, fix })
}

function changeOf(path: string, machine: Machine): number | undefined {
  try {
    return machine.stat(path).changedAtMs
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return undefined
  }
}

/** @param isUnmatched - whether no pattern fits the image, which then has a fix of its own. */
function tellFinding(
  { path }: JudgedFile,
  finding: Finding,
  isUnmatched: boolean,
  tell: Tell,
): void {
  const { level, id: cause, field, line, problem, fix } = finding
  const where = line === undefined ? quote(path) : `${quote(path)} line ${line}`
  const summary = `${where}: ${field === '' ? 'it' : field} ${problem}`
  const status = level === 'refused' ? 'fail' : 'warn'
  const own = isUnmatched && field.includes('.matchImages[') ? {} : { fix }
  tell({ id: 'config.content', status, cause, summary, ...own })
}
