import { quote } from '../../base/failure.ts'
import type { Machine } from '../../base/machine.ts'
import { parseRegistry } from '../../ecr/host.ts'
import { binaryOf } from '../kubelet_config/binary.ts'
import type { Provider } from '../kubelet_config/finding.ts'
import { judgeFiles } from './config_files.ts'
import { attempt } from './explain.ts'
import type { Kubelet } from './kubelet.ts'
import { chooseProvider, type Chosen, compareBinary } from './provider.ts'
import type { Tell } from './report.ts'

/** What the kubelet runs, and with what. */
export interface Setup {
  readonly provider: Provider
  readonly env: Readonly<Record<string, string>>
}

/** Judges the kubelet's configuration, and finds the provider for an image in it. */
export async function judgeConfiguration(
  kubelet: Kubelet,
  image: string | undefined,
  { machine, tell }: { readonly machine: Machine; readonly tell: Tell },
): Promise<Setup | undefined> {
  const { config, binDir } = kubelet.flags
  if (config === undefined || binDir === undefined) {
    const flag = config === undefined ? 'config' : 'bin-dir'
    const summary = `the kubelet runs without --image-credential-provider-${flag}: it asks no plugin`
    const fix =
      'give it both --image-credential-provider-config and --image-credential-provider-bin-dir'
    tell({ id: 'config.flags', status: 'fail', cause: 'config_flags', summary, fix })
    return undefined
  }
  const isForeign = image !== undefined && (await isNotEcr(image))
  const own = isForeign ? undefined : image
  const providers = await judgeFiles(config, kubelet, own, { machine, tell })
  if (providers === undefined) return undefined
  const chosen = chooseProvider(providers, image, machine.executable)
  if (chosen === undefined) {
    const [host = ''] = image?.split('/') ?? []
    const summary = `no pattern of matchImages in ${quote(config)} fits ${host}: the kubelet asks no plugin for it`
    // A pattern for a host that is not ECR's would do harm.
    const fix = isForeign
      ? 'that host is not one of Amazon ECR, so no plugin is needed; where it mirrors ECR, add it to matchImages and to --mirror in args'
      : `add ${quote(patternFor(host))} to matchImages, or take the list that ecr-credential-provider config prints; then systemctl restart kubelet`
    tell({ id: 'config.image', status: 'fail', cause: 'config_image', summary, fix })
    return undefined
  }
  tellChosen(chosen, tell)
  const program = binaryOf(chosen.provider, binDir)
  if (!(await tellBinary(program, kubelet, { machine, tell }))) return undefined
  tellTokens(chosen.provider, tell)
  const variables = chosen.provider.env.map(({ name, value }) => [name, value] as const)
  return { provider: chosen.provider, env: { ...kubelet.env, ...Object.fromEntries(variables) } }
}

async function isNotEcr(image: string): Promise<boolean> {
  const found = await attempt(() => parseRegistry(image, []))
  return 'reason' in found && found.reason.cause === 'not_ecr'
}

/** For all accounts and regions. */
function patternFor(host: string): string {
  return host.replace(/^[0-9]+(\.dkr[.-]ecr(?:-fips)?\.)[a-z0-9-]+/, '*$1*')
}

function tellChosen({ provider, pattern, place, others }: Chosen, tell: Tell): void {
  const id = 'config.image'
  const summary =
    pattern === undefined
      ? `no image is given: judged is ${quote(provider.name)}, provider ${place}`
      : `the image matches ${quote(pattern)} (provider ${place})`
  tell({ id, status: 'ok', summary })
  if (pattern === undefined || others === 0) return
  const more = `${others} more ${others === 1 ? 'provider matches' : 'providers match'} this image`
  const fix = 'let one provider match a host: the kubelet runs them all, and tries each password'
  tell({ id, status: 'warn', cause: 'config_overlap', summary: more, fix })
}

async function tellBinary(
  program: string,
  { isRoot }: Kubelet,
  { machine, tell }: { readonly machine: Machine; readonly tell: Tell },
): Promise<boolean> {
  const id = 'config.binary'
  const found = await compareBinary(program, machine)
  if ('reason' in found) {
    const summary = `${quote(program)}, which the kubelet runs, cannot be run: ${found.reason}`
    const fix = `install this program there, under the name that the configuration has`
    tell({ id, status: 'fail', cause: 'config_binary', summary, fix })
    return false
  }
  if (found.isThis)
    tell({
      id,
      status: 'ok',
      summary: `this file is what it runs, in ${program.replace(/\/[^/]*$/, '')}`,
    })
  else {
    const summary = `${quote(program)}, which the kubelet runs, is another program or version; judged is this one`
    const fix = `run doctor of that file, or put this one in its place`
    tell({ id, status: 'warn', cause: 'config_other_binary', summary, fix })
  }
  if (isRoot && found.open !== undefined) {
    const { path, reason, fix } = found.open
    const summary = `others than root may replace what the kubelet runs: ${quote(path)} ${reason}`
    tell({ id, status: 'warn', cause: 'config_open_binary', summary, fix })
  }
  return true
}

function tellTokens({ tokenAttributes }: Provider, tell: Tell): void {
  if (tokenAttributes === undefined) return
  const id = 'config.service_account'
  const isRequired = tokenAttributes.requireServiceAccount === true
  const summary = isRequired
    ? "requireServiceAccount is true: the kubelet runs the plugin only with a pod's token, which is not here; judged is the node's own identity"
    : "with tokenAttributes a pod's own role may pull; judged as for a static pod, which has no token"
  tell({ id, status: 'warn', cause: 'config_service_account', summary })
}
