import type { Context } from '../context.ts'
import { isHeaderText } from '../decode.ts'
import { Failure } from '../failure.ts'
import { assumeRole } from '../sts.ts'
import { fetchContainerCredentials } from './container.ts'
import type { Credentials } from './credentials.ts'
import { runCredentialProcess } from './process.ts'
import type { Source } from './source.ts'
import { fetchSsoCredentials } from './sso.ts'
import { fetchWebIdentityCredentials } from './web_identity.ts'

/**
 * The credentials of the selected source, fit to sign with. What fails here fails the run: no other source is tried, so the node never signs
 * with an identity that nobody configured.
 *
 * @throws {Failure} of the source; `bad_config` - a key that no request could carry.
 */
export async function resolveSource(source: Source, context: Context): Promise<Credentials> {
  const credentials = await askSource(source, context)
  const { accessKeyId, secretAccessKey, sessionToken = 'none' } = credentials
  // A line break at the end, as a mounted secret often has, would otherwise end deep inside the signature.
  if ([accessKeyId, secretAccessKey, sessionToken].every(isHeaderText)) return credentials
  throw new Failure(
    'bad_config',
    `cannot use the keys of ${credentials.source}: they hold a blank, a line break or another character that no key has`,
  )
}

async function askSource(source: Source, context: Context): Promise<Credentials> {
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
