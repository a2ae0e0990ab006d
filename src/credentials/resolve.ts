import type { Credentials } from '../aws/credentials.ts'
import type { Run } from '../aws/run.ts'
import type { Imds } from './imds.ts'
import type { Source } from './source.ts'
import { fetchContainerCredentials } from './sources/container.ts'
import { runCredentialProcess } from './sources/process.ts'
import { fetchSsoCredentials } from './sources/sso.ts'
import { assumeRole, assumeRoleWithWebIdentity, readWebIdentityToken } from './sources/sts.ts'

/**
 * The credentials of the selected source. What fails here fails the run: no other source is tried, so the node never signs
 * with an identity that nobody configured, and a pod never pulls as the node because its own role was refused.
 *
 * @param region - of STS, where a role is assumed.
 * @throws {Failure} of the source.
 */
export async function resolveSource(
  source: Source,
  region: string,
  imds: Imds,
  run: Run,
): Promise<Credentials> {
  switch (source.kind) {
    case 'service_account':
      return assumeRoleWithWebIdentity(source.account, region, run)
    case 'keys':
      return source.keys
    case 'web_identity': {
      const token = await readWebIdentityToken(source.identity.tokenFile, run)
      return assumeRoleWithWebIdentity({ ...source.identity, token }, region, run)
    }
    case 'sso':
      return fetchSsoCredentials(source.sso, run)
    case 'process':
      return runCredentialProcess(source, run)
    case 'container':
      return fetchContainerCredentials(source.url, run)
    case 'instance':
      return imds.fetchCredentials(source.reason)
    case 'role': {
      const credentials = await resolveSource(source.base, region, imds, run)
      return assumeRole(source.role, { region, credentials }, run)
    }
  }
}
