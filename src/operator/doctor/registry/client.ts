import * as v from 'valibot'

import { CALL_TIMEOUT_MS } from '../../../aws/call.ts'
import { decodeIfValid, HeaderText } from '../../../base/decode.ts'
import type { Registry } from '../../../ecr/host.ts'
import type { HttpAnswer, Network } from '../../../net/network.ts'
import type { PluginAnswer } from '../answer.ts'
import { ask, type Unanswered } from '../explain.ts'
import type { ImageReference } from './image.ts'

/** A registry, asked with a password. */
export interface RegistryClient {
  /** Asks the registry, with authorization. */
  readonly get: (
    path: string,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<HttpAnswer | Unanswered>
  /** Asks whoever a redirect of the registry leads to, without it: a URL of S3 is its own proof. */
  readonly follow: (
    location: URL,
    headers: Readonly<Record<string, string>>,
  ) => Promise<HttpAnswer | Unanswered>
}

/**
 * The registry of an image. ECR takes the password itself; ECR Public gives a bearer token for it first.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html#registry_auth_http
 * @see https://docs.aws.amazon.com/AmazonECR/latest/public/public-registry-auth.html
 */
export async function openRegistry(
  { host, repository }: ImageReference,
  { service }: Pick<Registry, 'service'>,
  { answer, network }: { readonly answer: PluginAnswer; readonly network: Network },
): Promise<RegistryClient | HttpAnswer | Unanswered> {
  const basic = `Basic ${Buffer.from(`${answer.username}:${answer.password}`).toString('base64')}`
  const send = async (url: string, headers: Readonly<Record<string, string>>) =>
    ask(network, { method: 'GET', url, headers, timeoutMs: CALL_TIMEOUT_MS })
  const asking = (authorization: string): RegistryClient => ({
    get: async (path, headers = {}) =>
      send(`https://${host}${path}`, { ...headers, authorization }),
    follow: async (location, headers) => send(location.href, headers),
  })
  if (service === 'ecr') return asking(basic)
  const scope = `repository:${repository}:pull`
  const query = new URLSearchParams({ service: host, scope }).toString()
  const given = await asking(basic).get(`/token/?${query}`)
  if (given.kind === 'no_answer' || given.status !== 200) return given
  const { token } = decodeIfValid(v.object({ token: HeaderText }), given.body) ?? {}
  return token === undefined ? { ...given, status: 401 } : asking(`Bearer ${token}`)
}
