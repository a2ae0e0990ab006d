import { createHash, createHmac } from 'node:crypto'

import type { WireRequest } from './request.ts'

/** Who signed what, when and for where, as the request claims. */
export interface Scope {
  readonly accessKeyId: string
  /** `YYYYMMDDTHHMMSSZ` */
  readonly signedAt: string
  readonly region: string
  readonly service: string
  readonly signedHeaders: readonly string[]
}

/** The Signature Version 4, in hexadecimal, that the owner of `secret` would have put on the request. */
export function computeSignature(
  request: WireRequest,
  from: { readonly scope: Scope; readonly date: string; readonly secret: string },
): string {
  const { scope, date, secret } = from
  const path = [date, scope.region, scope.service, 'aws4_request']
  const key = path.reduce(
    (parent: Buffer, part) => hmac(parent, part),
    Buffer.from(`AWS4${secret}`),
  )
  const digest = sha256(formatCanonicalRequest(request, scope.signedHeaders))
  const text = ['AWS4-HMAC-SHA256', scope.signedAt, path.join('/'), digest].join('\n')
  return hmac(key, text).toString('hex')
}

function formatCanonicalRequest(request: WireRequest, signedHeaders: readonly string[]): string {
  const query = request.target.split('?')[1] ?? ''
  const headers = signedHeaders.map((name) => {
    const value = request.headers.get(name) ?? ''
    return `${name}:${value.trim().replaceAll(/ +/g, ' ')}\n`
  })
  return [
    request.method,
    formatCanonicalPath(request.path),
    formatCanonicalQuery(query),
    headers.join(''),
    signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n')
}

/** Every service but S3 normalises the path and encodes it once more than it was sent. */
function formatCanonicalPath(path: string): string {
  const { pathname } = new URL(path.replaceAll(/\/+/g, '/'), 'http://host')
  return pathname.split('/').map(encode).join('/')
}

function formatCanonicalQuery(query: string): string {
  const pairs = query.split('&').filter((pair) => pair !== '')
  return pairs
    .map((pair) => pair.split('='))
    .map(([name = '', ...value]) => [recode(name), recode(value.join('='))] as const)
    .toSorted((left, right) => compare(left[0], right[0]) || compare(left[1], right[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

function compare(left: string, right: string): number {
  if (left === right) return 0
  return left < right ? -1 : 1
}

function recode(text: string): string {
  return encode(decodeURIComponent(text.replaceAll('+', ' ')))
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** `YYYYMMDDTHHMMSSZ` of a time in milliseconds. */
export function formatTime(ms: number): string {
  return new Date(ms).toISOString().replaceAll(/[-:]|\.\d+/g, '')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
