import type { Context } from '../aws/context.ts'
import type { Credentials } from '../aws/credentials.ts'
import { assumeRole, assumeRoleWithWebIdentity } from '../aws/sts.ts'
import type { Imds } from './imds.ts'
import type { Source } from './source.ts'
import { fetchContainerCredentials } from './sources/container.ts'
import { runCredentialProcess } from './sources/process.ts'
import { fetchSsoCredentials } from './sources/sso.ts'
import { fetchWebIdentityCredentials } from './sources/web_identity.ts'

/**
 * The credentials of the selected source. What fails here fails the run: no other source is tried, so the node never signs
 * with an identity that nobody configured, and a pod never pulls as the node because its own role was refused.
 *
 * @throws {Failure} of the source.
 */
export async function resolveSource(
  source: Source,
  imds: Imds,
  context: Context,
): Promise<Credentials> {
  switch (source.kind) {
    case 'service_account': {
      const { token, roleArn } = source.account
      const region = source.region ?? context.region
      return assumeRoleWithWebIdentity({ arn: roleArn }, token, { ...context, region })
    }
    case 'keys':
      return source.keys
    case 'web_identity':
      return fetchWebIdentityCredentials(source.identity, context)
    case 'sso':
      return fetchSsoCredentials(source.sso, context)
    case 'process':
      return runCredentialProcess(source, context)
    case 'container':
      return fetchContainerCredentials(source.url, context)
    case 'instance':
      return imds.fetchCredentials(source.reason)
    case 'role':
      return assumeRole(source.role, await resolveSource(source.base, imds, context), context)
  }
}
