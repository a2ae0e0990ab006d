import { createHash } from 'node:crypto'

import { createSecret } from './keys.ts'
import { jsonReply, type Reply, textReply } from './reply.ts'
import type { WireRequest } from './request.ts'
import type { Answer } from './service.ts'
import type { State } from './state.ts'

/** A repository of the registry: manifests by tag and digest, blobs by digest. */
interface Repository {
  readonly manifests: Map<string, { readonly type: string; readonly body: string }>
  readonly blobs: Map<string, Uint8Array>
  /** An error for every request about it, by its code. */
  refusal: Refusal | undefined
}

/** How a registry says no. */
export interface Refusal {
  readonly status: number
  readonly code: string
  readonly message: string
}

/** What the registry holds. */
export interface RegistryState {
  readonly repositories: Map<string, Repository>
  /** Bearer tokens that ECR Public has given for a password. */
  readonly bearers: Set<string>
  /** Where layers are, if not here: the URL of the storage. */
  storage: string | undefined
  /** Whether it is ECR Public's kind, which takes bearer tokens. */
  isPublic: boolean
}

const TYPES = {
  image: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
}

/** A registry with `app:1`, an index of an image for each architecture, and `team/app:1`, a single image. */
export function createRegistry(): RegistryState {
  const repositories = new Map(['app', 'team/app'].map((name) => [name, createRepository()]))
  const app = repositories.get('app')
  const platforms = ['amd64', 'arm64', 's390x'].map((architecture) => {
    const digest = app === undefined ? '' : addImage(app, architecture)
    return { digest, mediaType: TYPES.image, platform: { os: 'linux', architecture } }
  })
  if (app !== undefined) addManifest(app, '1', TYPES.index, { manifests: platforms })
  const team = repositories.get('team/app')
  if (team !== undefined) addImage(team, 'any', '1')
  return { repositories, bearers: new Set(), storage: undefined, isPublic: false }
}

function createRepository(): Repository {
  return { manifests: new Map(), blobs: new Map(), refusal: undefined }
}

/** Adds an image with one layer; the digest of its manifest. */
function addImage(repository: Repository, content: string, tag = ''): string {
  const [config, layer] = [addBlob(repository, '{}'), addBlob(repository, `layer ${content}`)]
  return addManifest(repository, tag, TYPES.image, { config, layers: [layer] })
}

function addBlob(repository: Repository, text: string): { readonly digest: string } {
  const digest = digestOf(text)
  repository.blobs.set(digest, Buffer.from(text))
  return { digest }
}

/** Adds a manifest under its digest, and a tag unless that is empty. */
export function addManifest(
  { manifests }: Repository,
  tag: string,
  type: string,
  content: object,
): string {
  const body = JSON.stringify({ schemaVersion: 2, mediaType: type, ...content })
  const digest = digestOf(body)
  for (const name of [digest, tag]) if (name !== '') manifests.set(name, { type, body })
  return digest
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

/** The registry that images are pulled from: ECR's, or ECR Public's with its token service. */
export function answerRegistry(request: WireRequest, state: State): Answer {
  return { step: 'registry', reply: reply(request, state) }
}

function reply(request: WireRequest, state: State): Reply {
  const { path, headers } = request
  const given = headers.get('authorization') ?? ''
  if (state.registry.isPublic && path === '/token/') {
    if (!hasPassword(given, state)) return refuse({ status: 401, code: 'DENIED', message: 'no' })
    const token = createSecret(state, 'bearer')
    state.registry.bearers.add(token)
    return jsonReply(200, { token })
  }
  const isKnown = state.registry.isPublic
    ? state.registry.bearers.has(given.replace(/^Bearer /, ''))
    : hasPassword(given, state)
  if (!isKnown) {
    return refuse({ status: 401, code: 'UNAUTHORIZED', message: 'Not Authorized' })
  }
  if (path === '/v2/') return textReply(200, '')
  const [, name = '', kind = '', reference = ''] =
    /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(path) ?? []
  const repository = state.registry.repositories.get(name)
  if (repository === undefined) {
    const message = `The repository with name '${name}' does not exist in the registry`
    return refuse({ status: 404, code: 'NAME_UNKNOWN', message })
  }
  if (repository.refusal !== undefined) return refuse(repository.refusal)
  if (kind === 'blobs') return replyBlob(repository.blobs.get(reference), reference, state)
  const manifest = repository.manifests.get(reference)
  if (manifest === undefined) {
    const message = 'Requested image not found'
    return refuse({ status: 404, code: 'MANIFEST_UNKNOWN', message })
  }
  const { type, body } = manifest
  return {
    status: 200,
    headers: { 'Content-Type': type, 'Docker-Content-Digest': digestOf(body) },
    body,
  }
}

function hasPassword(authorization: string, { ecr }: State): boolean {
  const [, user, password = ''] =
    /^([^:]*):(.*)$/s.exec(
      Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString(),
    ) ?? []
  return user === 'AWS' && ecr.passwords.has(password)
}

function replyBlob(blob: Uint8Array | undefined, digest: string, state: State): Reply {
  const { storage } = state.registry
  if (blob === undefined) return refuse({ status: 404, code: 'BLOB_UNKNOWN', message: 'no' })
  if (storage === undefined) return { status: 206, headers: {}, body: blob.subarray(0, 1) }
  const signature = createSecret(state, 'signature')
  const Location = `${storage}/${digest}?X-Amz-Signature=${encodeURIComponent(signature)}`
  return { status: 307, headers: { Location }, body: '' }
}

/** Where layers are kept, as S3 does it: the URL is all the proof there is, and another beside it is an error. */
export function answerStorage(request: WireRequest, state: State): Answer {
  const isSigned = state.secrets.has(request.query.get('X-Amz-Signature') ?? '')
  const isAsked = request.headers.get('range') === 'bytes=0-0'
  const status = isSigned && !request.headers.has('authorization') && isAsked ? 206 : 400
  return { step: 'storage', reply: { status, headers: {}, body: 'l' } }
}

function refuse({ status, code, message }: Refusal): Reply {
  return jsonReply(status, { errors: [{ code, message }] })
}
