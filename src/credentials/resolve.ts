import type { Context } from '../aws/context.ts'
import type { Credentials } from '../aws/credentials.ts'
import { assumeRole } from '../aws/sts.ts'
import type { Source } from './source.ts'
import { fetchContainerCredentials } from './sources/container.ts'
import { runCredentialProcess } from './sources/process.ts'
import { fetchSsoCredentials } from './sources/sso.ts'
import { fetchWebIdentityCredentials } from './sources/web_identity.ts'

/**
 * The credentials of the selected source. What fails here fails the run: no other source is tried, so the node never signs with an identity
 * that nobody configured.
 *
 * @throws {Failure} of the source.
 */
export async function resolveSource(source: Source, context: Context): Promise<Credentials> {
  switch (source.kind) {
    case 'keys':
      return source.keys
    case 'web_identity':
      return fetchWebIdentityCredentials(source.identity, context)
    case 'sso':
      return fetchSsoCredentials(source.sso, context)
    case 'process':
      return runCredentialProcess(source, context)
    case 'container':
      return fetchContainerCredentials(source.container, context)
    case 'instance':
      return context.imds.fetchCredentials(source.reason)
    case 'role':
      return assumeRole(source.role, await resolveSource(source.base, context), context)
  }
}
