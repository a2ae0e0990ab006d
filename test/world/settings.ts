import { ecsPath, podIdentityPath } from './container.ts'
import type { Service } from './service.ts'
import type { WireServer } from './wire.ts'

/** Where the services are, without a slash at the end. */
export interface Urls {
  readonly imds: string
  /** IMDS on `[::1]`, or `undefined` on a machine without IPv6. */
  readonly imdsIpv6: string | undefined
  /** Container credentials as ECS gives them; the whole URL. */
  readonly container: string
  /** Container credentials as EKS Pod Identity gives them; the whole URL. */
  readonly podIdentity: string
  readonly sts: string
  readonly sso: string
  readonly oidc: string
  readonly ecr: string
  readonly ecrPublic: string
  readonly registry: string
  readonly storage: string
}

/** The addresses of running servers. */
export function describeUrls(
  servers: Readonly<Record<Service, WireServer>>,
  imdsIpv6: WireServer | undefined,
): Urls {
  return {
    imds: servers.imds.url,
    imdsIpv6: imdsIpv6?.url,
    container: `${servers.container.url}${ecsPath}`,
    podIdentity: `${servers.container.url}${podIdentityPath}`,
    sts: servers.sts.url,
    sso: servers.sso.url,
    oidc: servers.oidc.url,
    ecr: servers.ecr.url,
    ecrPublic: servers['ecr-public'].url,
    registry: servers.registry.url,
    storage: servers.storage.url,
  }
}

/** The documented variables that point an AWS client at `urls`. */
export function describeEnvironment(urls: Urls, caFile: string): Record<string, string> {
  return {
    AWS_EC2_METADATA_SERVICE_ENDPOINT: urls.imds,
    AWS_ENDPOINT_URL_ECR: urls.ecr,
    AWS_ENDPOINT_URL_ECR_PUBLIC: urls.ecrPublic,
    AWS_ENDPOINT_URL_STS: urls.sts,
    AWS_ENDPOINT_URL_SSO: urls.sso,
    AWS_ENDPOINT_URL_SSO_OIDC: urls.oidc,
    AWS_CA_BUNDLE: caFile,
  }
}
