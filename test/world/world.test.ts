import { afterAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'

import { AwsV4Signer } from 'aws4fetch'

import { sharedAuthority } from './certificates.ts'
import { readPassword } from './ecr.ts'
import type { Fault } from './faults.ts'
import { issueKey } from './keys.ts'
import { findCredentials, readAnswer } from './kubelet.ts'
import { matchImage } from './match.ts'
import { kubeletRequest, runPlugin } from './plugin.ts'
import { startProxy } from './proxy.ts'
import type { Key } from './sigv4.ts'
import { findClosedPort, startSilentServer } from './silence.ts'
import { createLogin } from './sso.ts'
import { startWire } from './wire.ts'
import { startWorld, type World } from './world.ts'

const tls = { ca: (await sharedAuthority()).pem }
const worlds: World[] = []

afterAll(async () => {
  await Promise.all(worlds.map((world) => world.stop()))
})

async function open(options: Parameters<typeof startWorld>[0] = {}): Promise<World> {
  const world = await startWorld(options)
  worlds.push(world)
  return world
}

/** What a promise fails with. */
function fail(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}

const ecrHeaders = {
  'content-type': 'application/x-amz-json-1.1',
  'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
}

interface Signing {
  readonly key: Key
  readonly url: string
  readonly service?: string
  readonly region?: string
  readonly datetime?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

async function sign(signing: Signing): Promise<Request> {
  const { key, datetime } = signing
  const signer = new AwsV4Signer({
    url: `${signing.url}/`,
    method: 'POST',
    headers: { ...(signing.headers ?? ecrHeaders) },
    body: signing.body ?? '{}',
    service: signing.service ?? 'ecr',
    region: signing.region ?? 'us-west-2',
    accessKeyId: key.accessKeyId,
    secretAccessKey: key.secretAccessKey,
    ...(key.sessionToken === undefined ? {} : { sessionToken: key.sessionToken }),
    ...(datetime === undefined ? {} : { datetime }),
  })
  const { url, ...rest } = await signer.sign()
  return new Request(url, rest)
}

async function getMetadata(world: World, path: string, headers = {}): Promise<Response> {
  const token = await fetch(`${world.urls.imds}/latest/api/token`, {
    method: 'PUT',
    headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '300' },
  })
  const value = await token.text()
  return fetch(world.urls.imds + path, {
    headers: { 'X-aws-ec2-metadata-token': value, ...headers },
  })
}

describe('imds', () => {
  const rolePath = '/latest/meta-data/iam/security-credentials/'

  test('answerImds() gives the role and its credentials for a token', async () => {
    const world = await open()
    const role = await (await getMetadata(world, rolePath)).text()
    const credentials: unknown = await (await getMetadata(world, rolePath + role)).json()
    expect(credentials).toMatchObject({
      Code: 'Success',
      AccessKeyId: world.state.imds.role?.key.accessKeyId,
    })
    const steps = world.requests.map(({ step }) => step)
    expect(steps).toEqual(['imds-token', 'imds-role', 'imds-token', 'imds-credentials'])
  })

  test('answerImds() refuses what the real one refuses', async () => {
    const world = await open()
    const status = async (path: string, init: RequestInit) =>
      (await fetch(world.urls.imds + path, init)).status
    const name = 'X-aws-ec2-metadata-token-ttl-seconds'
    expect(await status('/latest/api/token', { method: 'PUT' })).toBe(400)
    expect(await status('/latest/api/token', { method: 'PUT', headers: { [name]: '21601' } })).toBe(
      400,
    )
    expect(await status('/latest/api/token', { headers: { [name]: '300' } })).toBe(405)
    expect(await status(rolePath, {})).toBe(401)
    expect(await status(rolePath, { headers: { 'X-aws-ec2-metadata-token': 'x' } })).toBe(401)
    expect((await getMetadata(world, rolePath, { 'X-Forwarded-For': '10.0.0.1' })).status).toBe(403)
    expect((await getMetadata(world, `${rolePath}other`)).status).toBe(404)
    world.state.imds.role = undefined
    expect((await getMetadata(world, rolePath)).status).toBe(404)
    expect(await (await getMetadata(world, '/latest/meta-data/placement/region')).text()).toBe(
      'us-west-2',
    )
  })

  test('answerImds() is there on IPv6 too', async () => {
    const { urls } = await open()
    if (urls.imdsIpv6 === undefined) return
    expect((await fetch(`${urls.imdsIpv6}/latest/api/token`)).status).toBe(405)
  })
})

async function call(world: World, change: Partial<Signing> = {}, strip: readonly string[] = []) {
  const key = world.state.container.key
  const request = await sign({ key, url: world.urls.ecr, ...change })
  for (const name of strip) request.headers.delete(name)
  const response = await fetch(request, { tls })
  const body: unknown = await response.json()
  return { status: response.status, body }
}

/** The time so many minutes from now, as signatures have it. */
function minutesOff(minutes: number): string {
  const time = new Date(Date.now() + minutes * 60_000)
  return time.toISOString().replaceAll(/[-:]|\.\d+/g, '')
}

function refusal(code: string): object {
  return { status: 403, body: { __type: code } }
}

describe('signatures', () => {
  test('answerEcr() gives a token that says who signed', async () => {
    const world = await open()
    const { status, body } = await call(world, { region: 'eu-central-1' })
    expect(status).toBe(200)
    const [, base64 = ''] = /"authorizationToken":"([^"]+)"/.exec(JSON.stringify(body)) ?? []
    const [user, password = ''] = atob(base64).split(':')
    expect(user).toBe('AWS')
    expect(readPassword(password)).toMatchObject({
      accessKeyId: world.state.container.key.accessKeyId,
      region: 'eu-central-1',
    })
    expect(world.requests[0]?.signer).toBe('role/container-role')
  })

  test('answerEcrPublic() answers with an object, for us-east-1 alone', async () => {
    const world = await open()
    const headers = {
      ...ecrHeaders,
      'x-amz-target': 'SpencerFrontendService.GetAuthorizationToken',
    }
    const change = { url: world.urls.ecrPublic, service: 'ecr-public', headers }
    const { status, body } = await call(world, { ...change, region: 'us-east-1' })
    expect(status).toBe(200)
    expect(JSON.stringify(body)).toMatch(
      /^{"authorizationData":{"authorizationToken":.*"expiresAt":\d/,
    )
    expect((await call(world, change)).status).toBe(403)
  })

  test.each([
    ['no signature', {}, ['authorization'], 'MissingAuthenticationTokenException'],
    ['another service', { service: 'sts' }, [], 'InvalidSignatureException'],
    ['an old time', { datetime: minutesOff(-6) }, [], 'InvalidSignatureException'],
    ['a future time', { datetime: minutesOff(6) }, [], 'InvalidSignatureException'],
    ['no session token', {}, ['x-amz-security-token'], 'UnrecognizedClientException'],
  ] as const)('verifySignature() refuses %s', async (_, change, strip, code) => {
    const world = await open()
    expect(await call(world, change, strip)).toMatchObject({ status: 403, body: { __type: code } })
    expect(world.requests[0]?.signer).toBeUndefined()
  })

  test('verifySignature() refuses a wrong secret, an unknown key, an expired one and another body', async () => {
    const world = await open()
    const key = issueKey(world.state, { owner: 'user/static', temporary: false })
    const wrong = { ...key, secretAccessKey: 'wrong' }
    const unknown = { ...key, accessKeyId: 'AKIAUNKNOWN' }
    const expired = issueKey(world.state, { owner: 'role/old', lifetimeSeconds: -60 })
    expect((await call(world, { key })).status).toBe(200)
    expect(await call(world, { key: wrong })).toMatchObject(refusal('InvalidSignatureException'))
    expect(await call(world, { key: unknown })).toMatchObject(
      refusal('UnrecognizedClientException'),
    )
    expect(await call(world, { key: expired })).toMatchObject(refusal('ExpiredTokenException'))
    const request = await sign({ key, url: world.urls.ecr })
    const response = await fetch(request.url, {
      method: 'POST',
      headers: request.headers,
      body: '{ }',
      tls,
    })
    expect(response.status).toBe(403)
  })

  test('verifySignature() follows the clock of the world', async () => {
    const world = await open()
    world.state.clockSkewSeconds = 3600
    world.state.container.key = issueKey(world.state, { owner: 'role/x' })
    expect((await call(world)).status).toBe(403)
    expect((await call(world, { datetime: minutesOff(60) })).status).toBe(200)
  })

  test('verifySignature() takes the path and the query into account', async () => {
    const world = await open()
    const { key } = world.state.container
    const signed = await sign({ key, url: `${world.urls.ecr}/pre fix//%2F/a+b/?b=2&a=%20x&a` })
    await fetch(signed, { tls })
    expect(world.requests[0]?.verification?.ok).toBe(true)
  })
})

async function ask(url: string, headers = {}): Promise<number> {
  return (await fetch(url, { headers })).status
}

describe('sts, sso and container', () => {
  test('answerSts() gives credentials that sign as the role', async () => {
    const world = await open()
    const roleArn = 'arn:aws:iam::123456789012:role/reader'
    const form = {
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: roleArn,
      RoleSessionName: 'my-session',
    }
    const signing = {
      key: world.state.container.key,
      url: world.urls.sts,
      service: 'sts',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }
    const body = new URLSearchParams(form).toString()
    const xml = await (await fetch(await sign({ ...signing, body }), { tls })).text()
    const [, id = ''] = /<AccessKeyId>(\w+)</.exec(xml) ?? []
    const key = world.state.keys.get(id)
    expect(key?.owner).toBe('assumed-role/reader/my-session')
    expect(id).toStartWith('ASIAREADERMYSESSION')
    world.state.sts.externalIds.set(roleArn, 'secret-id')
    const denied = await fetch(await sign({ ...signing, body }), { tls })
    expect(denied.status).toBe(403)
    expect(await denied.text()).toContain('<Code>AccessDenied</Code>')
    const unsigned = await fetch(world.urls.sts, {
      method: 'POST',
      headers: signing.headers,
      body,
      tls,
    })
    expect(await unsigned.text()).toContain('<Code>MissingAuthenticationToken</Code>')
    const web = new URLSearchParams({
      ...form,
      Action: 'AssumeRoleWithWebIdentity',
      WebIdentityToken: 'jwt',
    })
    const init = { method: 'POST', headers: signing.headers, body: web.toString(), tls }
    expect((await fetch(world.urls.sts, init)).status).toBe(200)
    world.state.sts.webIdentityTokens = new Set(['other'])
    expect(await (await fetch(world.urls.sts, init)).text()).toContain('InvalidIdentityToken')
  })

  test('answerSso() and answerOidc() work with a login', async () => {
    const world = await open()
    const { accessToken, refreshToken, clientId, clientSecret } = createLogin(world.state, -1)
    const url = `${world.urls.sso}/federation/credentials?account_id=123456789012&role_name=dev`
    const get = (token: string) => fetch(url, { headers: { 'x-amz-sso_bearer_token': token }, tls })
    expect((await get(accessToken)).status).toBe(401)
    const body = JSON.stringify({
      clientId,
      clientSecret,
      grantType: 'refresh_token',
      refreshToken,
    })
    const renewed = await (
      await fetch(`${world.urls.oidc}/token`, { method: 'POST', body, tls })
    ).text()
    const [, token = ''] = /"accessToken":"([^"]+)"/.exec(renewed) ?? []
    const answer: unknown = await (await get(token)).json()
    expect(JSON.stringify(answer)).toMatch(/"roleCredentials":.*"expiration":\d{13}\b/)
    expect((await fetch(`${world.urls.oidc}/token`, { method: 'POST', body, tls })).status).toBe(
      400,
    )
  })

  test('answerContainer() knows both dialects and asks for the authorization', async () => {
    const world = await open()
    expect(await ask(world.urls.container)).toBe(200)
    world.state.container.authorization = 'Bearer x'
    expect(await ask(world.urls.container)).toBe(403)
    expect(await ask(world.urls.podIdentity)).toBe(401)
    expect(await ask(world.urls.podIdentity, { Authorization: 'Bearer x' })).toBe(200)
  })
})

describe('certificates', () => {
  test.each([
    ['expired', 'CERT_HAS_EXPIRED'],
    ['not-yet-valid', 'CERT_NOT_YET_VALID'],
    ['wrong-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
    ['unknown-ca', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ] as const)('issueLeaf() makes %s', async (certificate, code) => {
    const world = await open({ certificate })
    expect(await fail(fetch(world.urls.ecr, { tls }))).toMatchObject({ code })
  })
})

function putToken(world: World, init: RequestInit = {}): Promise<Response> {
  return fetch(`${world.urls.imds}/latest/api/token`, {
    method: 'PUT',
    headers: { 'X-aws-ec2-metadata-token-ttl-seconds': '300' },
    keepalive: false,
    redirect: 'manual',
    ...init,
  })
}

async function openWith(fault: Fault | readonly Fault[], times?: number): Promise<World> {
  const world = await open()
  world.faults.push({ step: 'imds-token', fault, ...(times === undefined ? {} : { times }) })
  return world
}

describe('faults', () => {
  test.each([
    [{ kind: 'answer', status: 503, body: 'busy', headers: { 'Retry-After': '1' } }, 503, 'busy'],
    [{ kind: 'redirect', location: 'http://127.0.0.1:1/' }, 307, ''],
    [{ kind: 'headers', headers: { Date: undefined, 'X-Other': 'y' } }, 200, /^sentinel/],
    [{ kind: 'oversize', bytes: 3_000_000 }, 200, /^sentinel\S+ {2999000}/],
    [{ kind: 'gzip' }, 200, /^sentinel/],
    [{ kind: 'chunked', bytes: 7 }, 200, /^sentinel\S+=$/],
    [{ kind: 'edit', pattern: /sentinel/g, replacement: '$&-$&' }, 200, /^sentinel-sentinel/],
    [{ kind: 'appendix', bytes: 'HTTP/1.1 500 Not read\r\n\r\n' }, 200, /^sentinel\S+=$/],
    [{ kind: 'drip', bytes: 20, everyMs: 1 }, 200, /^sentinel\S+=$/],
    [{ kind: 'preface', bytes: 'HTTP/1.1 100 Continue\r\n\r\n' }, 200, /^sentinel/],
    [{ kind: 'raw', bytes: 'HTTP/1.1 204 Fine\r\nContent-Length: 0\r\n\r\n' }, 204, ''],
  ] as const)('planActions() with %j still answers', async (fault, status, text) => {
    const response = await putToken(await openWith(fault))
    expect(response.status).toBe(status)
    expect(await response.text()).toMatch(text)
  })

  test.each([
    [{ kind: 'truncate' }, { code: 'ECONNRESET' }],
    [{ kind: 'reset-after-headers' }, { code: 'ECONNRESET' }],
    [{ kind: 'close' }, { code: 'ECONNRESET' }],
    [{ kind: 'reset' }, { code: 'ECONNRESET' }],
    [{ kind: 'hang' }, { name: 'TimeoutError' }],
    [{ kind: 'stall' }, { name: 'TimeoutError' }],
  ] as const)('planActions() with %j never answers whole', async (fault, error) => {
    const world = await openWith(fault)
    const answer = async () => (await putToken(world, { signal: AbortSignal.timeout(150) })).text()
    expect(await fail(answer())).toMatchObject(error)
  })

  test.each([
    [{ kind: 'answer', status: 400, body: '{"__type":"ThrottlingException"}' }, 400, {}],
    [{ kind: 'oversize', bytes: 3_000_000 }, 200, {}],
    [{ kind: 'truncate', missing: 1 }, undefined, { code: 'ECONNRESET' }],
    [{ kind: 'reset' }, undefined, { code: 'ECONNRESET' }],
    [{ kind: 'stall', sent: 3 }, undefined, { name: 'TimeoutError' }],
    [{ kind: 'drip', bytes: 100, everyMs: 1 }, 200, {}],
  ] as const)('planActions() with %j does the same over TLS', async (fault, status, error) => {
    const world = await open()
    world.faults.push({ service: 'ecr', fault })
    const request = await sign({ key: world.state.container.key, url: world.urls.ecr })
    const response = await fetch(request, { tls, signal: AbortSignal.timeout(150) }).catch(
      (failure: unknown) => failure,
    )
    const outcome =
      response instanceof Response
        ? await response.text().catch((failure: unknown) => failure)
        : response
    expect(
      response instanceof Response && typeof outcome === 'string' ? response.status : undefined,
    ).toBe(status)
    if (status === undefined) expect(outcome).toMatchObject(error)
  })

  test.each([
    ['reset', 'ECONNRESET'],
    ['close', 'end'],
  ] as const)('planActions() tells a %s from the other way to stop', async (kind, outcome) => {
    const world = await open()
    world.faults.push({ fault: { kind } })
    const socket = connect(Number(new URL(world.urls.imds).port), '127.0.0.1')
    const seen = await new Promise((resolve) => {
      socket.on('error', (error) => resolve('code' in error ? error.code : error))
      socket.on('end', () => resolve('end'))
      socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    })
    expect(seen).toBe(outcome)
  })

  test('planActions() adds up: a delay, a wrong date, then all is well', async () => {
    const world = await openWith(
      [
        { kind: 'delay', ms: 60 },
        { kind: 'date', skewSeconds: -7200 },
      ],
      1,
    )
    const startMs = performance.now()
    const first = await putToken(world)
    expect(performance.now() - startMs).toBeGreaterThan(55)
    expect(Date.parse(first.headers.get('date') ?? '')).toBeLessThan(Date.now() - 7_000_000)
    const second = await putToken(world)
    expect(Date.parse(second.headers.get('date') ?? '')).toBeGreaterThan(Date.now() - 5000)
    expect(world.requests.map(({ faults }) => faults.length)).toEqual([2, 0])
  })

  test('createRecorder() skips, counts and aims', async () => {
    const world = await open()
    const fault = { kind: 'answer', status: 500 } as const
    world.faults.push({ service: 'imds', step: 'imds-token', skip: 1, times: 2, fault })
    world.faults.push({ service: 'ecr', fault: { kind: 'hang' } })
    const statuses: number[] = []
    for (const _ of [1, 2, 3, 4]) statuses.push((await putToken(world)).status)
    expect(statuses).toEqual([200, 500, 500, 200])
  })
})

/** The status of an answer, or what there was instead. */
function askEcr(world: World): Promise<unknown> {
  const signal = AbortSignal.timeout(500)
  return fetch(world.urls.ecr, { tls, keepalive: false, signal }).then(
    ({ status }) => status,
    (error: unknown) => {
      if (error instanceof DOMException) return error.name
      return error instanceof Error && 'code' in error ? error.code : error
    },
  )
}

describe('lines', () => {
  test.each([
    [{ kind: 'refuse' }, 'ECONNREFUSED'],
    [{ kind: 'silence' }, 'TimeoutError'],
    [{ kind: 'close' }, 'ECONNRESET'],
    [{ kind: 'reset' }, 'ECONNRESET'],
    [{ kind: 'greet', bytes: 'SSH-2.0-x\r\n' }, 'EPROTO'],
    [{ kind: 'reply', bytes: 'HTTP/1.1 400 Bad Request\r\n\r\n' }, 'EPROTO'],
    [{ kind: 'reply', bytes: '', open: true }, 'TimeoutError'],
    [{ kind: 'tls', certificate: 'unknown-ca' }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
    [{ kind: 'tls', version: 0x0301 }, 'EPROTO'],
    [{ kind: 'tls', version: 0x0303 }, 404],
  ] as const)('openLine() with %j befalls the connections it is meant for', async (fault, code) => {
    const world = await open({ line: { service: 'ecr', skip: 1, times: 1, fault } })
    const seen = [await askEcr(world), await askEcr(world), await askEcr(world)]
    // One that refuses cannot know when to listen again.
    expect(seen).toEqual([404, code, fault.kind === 'refuse' ? code : 404])
  })
})

describe('wire', () => {
  test.each([0x0303, 0x0304] as const)(
    'startWire() speaks TLS %d and no other',
    async (version) => {
      const leaf = await (await sharedAuthority()).issueLeaf('good')
      const wire = startWire({ hostname: '127.0.0.1', tls: { ...leaf, version }, answer: () => [] })
      const versionOf = (limit: 'TLSv1.2' | 'TLSv1.3') =>
        new Promise((resolve) => {
          const limits = { minVersion: limit, maxVersion: limit }
          const socket = connectTls({ port: wire.port, host: '127.0.0.1', ...tls, ...limits })
          socket.on('secureConnect', () => resolve(socket.getProtocol()))
          socket.on('error', () => resolve('refused'))
        })
      const expected = version === 0x0303 ? ['TLSv1.2', 'refused'] : ['refused', 'TLSv1.3']
      expect([await versionOf('TLSv1.2'), await versionOf('TLSv1.3')]).toEqual(expected)
      wire.stop()
    },
  )

  test('startWire() takes pipelined and chunked requests in pieces, and refuses nonsense', async () => {
    const world = await open()
    const put =
      'PUT /latest/api/token HTTP/1.1\r\nHost: x\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\n'
    const pieces = [
      `${put}Transfer-Encoding: chunked\r\n\r\n3\r\nab`,
      `c\r\n0\r\n\r\n${put}Content-`,
      `Length: 2\r\n\r\nhi${put}\r\nGET\r\n\r\n`,
    ]
    const socket = connect(Number(new URL(world.urls.imds).port), '127.0.0.1')
    const chunks: Buffer[] = []
    const ended = new Promise((resolve) => socket.on('end', resolve))
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    for (const piece of pieces) {
      socket.write(piece)
      await Bun.sleep(5)
    }
    await ended
    const statuses = Buffer.concat(chunks)
      .toString()
      .match(/HTTP\/1\.1 \d+/g)
    expect(statuses).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 400'])
    expect(world.requests.map(({ body, connection }) => [body, connection])).toEqual([
      ['abc', 1],
      ['hi', 1],
      ['', 1],
    ])
  })

  test('World.stop() ends hanging connections and deletes the directory', async () => {
    const world = await startWorld()
    world.faults.push({ fault: { kind: 'hang' } })
    const hanging = fetch(world.urls.imds).then(
      () => 'answered',
      () => 'ended',
    )
    await Bun.sleep(20)
    await world.stop()
    expect(await hanging).toBe('ended')
    expect(existsSync(world.directory)).toBe(false)
  })

  test('startSilentServer() says nothing and findClosedPort() refuses', async () => {
    const silent = startSilentServer()
    const signal = AbortSignal.timeout(50)
    const waited = await fail(fetch(`https://127.0.0.1:${silent.port}/`, { signal }))
    expect(waited).toMatchObject({ name: 'TimeoutError' })
    silent.stop()
    const refused = await fail(fetch(`http://127.0.0.1:${findClosedPort()}/`))
    expect(refused).toMatchObject({ code: 'ECONNREFUSED' })
  })
})

describe('proxy', () => {
  const host = 'api.ecr.eu-west-1.amazonaws.com'

  test('startProxy() leads a real host name to the world, whose answers know its region', async () => {
    const world = await open({ names: [host] })
    const proxy = startProxy({ route: world.route, credentials: 'user:pass' })
    const { key } = world.state.container
    const url = `https://${host}`
    const right = await fetch(await sign({ key, url, region: 'eu-west-1' }), {
      tls,
      proxy: proxy.url,
    })
    const wrong = await fetch(await sign({ key, url, region: 'us-west-2' }), {
      tls,
      proxy: proxy.url,
    })
    expect([right.status, wrong.status]).toEqual([200, 403])
    expect(world.requests[0]?.host).toBe(host)
    expect(proxy.requests[0]).toMatchObject({
      method: 'CONNECT',
      target: `${host}:443`,
      status: 200,
    })
    const locked = proxy.url.replace('user:pass@', '')
    expect(await fail(fetch(url, { tls, proxy: locked }))).toBeInstanceOf(Error)
    expect(await fail(fetch('https://other.invalid/', { tls, proxy: proxy.url }))).toBeInstanceOf(
      Error,
    )
    expect(proxy.requests.map(({ status }) => status)).toEqual([200, 407, 502])
    proxy.stop()
  })

  test('startProxy() forwards plain requests, and IMDS refuses them', async () => {
    const world = await open()
    const proxy = startProxy()
    const response = await fetch(`${world.urls.imds}/latest/meta-data/`, { proxy: proxy.url })
    expect(response.status).toBe(403)
    expect(world.requests[0]?.headers.get('x-forwarded-for')).toBe('127.0.0.1')
    proxy.stop()
  })
})

describe('plugin', () => {
  test('runPlugin() gives pipes, a clean environment and what came of it', async () => {
    const script = 'cat; env >&2; ls -l /proc/self/fd | grep -c "[012] -> pipe"; pwd; exit 3'
    const result = await runPlugin({
      command: ['/bin/sh', '-c', script],
      stdin: kubeletRequest('host/repo', { serviceAccountToken: 'x' }),
      env: { ONE: '1' },
    })
    const line =
      '{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":"host/repo","serviceAccountToken":"x"}\n'
    expect(result).toMatchObject({ exitCode: 3, stdout: `${line}3\n/\n`, timedOut: false })
    expect(result.stderr.split('\n').toSorted()).toEqual(['', 'ONE=1', 'PWD=/'])
  })

  test('runPlugin() kills when time is up, and does not mind unread input', async () => {
    const command = ['/bin/sh', '-c', 'echo begun; exec sleep 5']
    const stdin = 'x'.repeat(1_000_000)
    const result = await runPlugin({ command, stdin, timeoutMs: 100 })
    expect(result).toMatchObject({ exitCode: 137, stdout: 'begun\n', timedOut: true })
    expect(result.milliseconds).toBeLessThan(1000)
  })
})

describe('kubelet', () => {
  const v1 = 'credentialprovider.kubelet.k8s.io/v1'
  const answer = (change = {}) => ({
    kind: 'CredentialProviderResponse',
    apiVersion: v1,
    cacheKeyType: 'Registry',
    cacheDuration: '5h59m59s',
    auth: { 'host:443': { username: 'AWS', password: 'p"\u00e9' } },
    ...change,
  })
  const text = (change = {}) => JSON.stringify(answer(change))

  test('readAnswer() takes what a kubelet takes', () => {
    expect(readAnswer(` ${text()}\n`, v1)).toEqual({
      apiVersion: v1,
      cacheKeyType: 'Registry',
      cacheDurationMs: (6 * 3600 - 1) * 1000,
      auth: new Map([['host:443', { username: 'AWS', password: 'p"\u00e9' }]]),
    })
    const duration = (cacheDuration: unknown) =>
      readAnswer(text({ cacheDuration }), v1).cacheDurationMs
    expect(['0', '0s', '-5s', '1.5h', '1h2m3.5s', '10ms', null].map(duration)).toEqual([
      0,
      0,
      -5000,
      5_400_000,
      3_723_500,
      10,
      undefined,
    ])
    expect(readAnswer(text({ auth: null }), v1).auth.size).toBe(0)
  })

  test.each([
    ['nothing', '', 'No JSON value'],
    ['two documents', text() + text(), 'Something follows'],
    ['a byte order mark', `\ufeff${text()}`, 'No JSON value'],
    ['a list', '[]', 'not an object'],
    ['an unknown field', text({ extra: 1 }), "Unknown field 'extra'"],
    ['another case', text({ Auth: {} }), "Unknown field 'Auth'"],
    [
      'a duplicate',
      text().replace('{', '{"kind":"CredentialProviderResponse",'),
      "Duplicate field 'kind'",
    ],
    ['another version', text({ apiVersion: v1 + 'beta1' }), 'apiVersion is'],
    ['another kind', text({ kind: 'CredentialProviderRequest' }), 'kind is'],
    ['no key type', text({ cacheKeyType: undefined }), 'cacheKeyType is'],
    ['a lower-case key type', text({ cacheKeyType: 'registry' }), 'cacheKeyType is'],
    ['a number as duration', text({ cacheDuration: 5 }), 'not a string'],
    ['days', text({ cacheDuration: '1d' }), 'not a Go duration'],
    ['a blank in a duration', text({ cacheDuration: '6 hours' }), 'not a Go duration'],
    ['an empty duration', text({ cacheDuration: '' }), 'not a Go duration'],
    ['an endless duration', text({ cacheDuration: '2562048h' }), 'too long'],
    ['an unknown field in auth', text({ auth: { h: { user: 'x' } } }), "Unknown field 'user'"],
    ['a number as password', text({ auth: { h: { password: 1 } } }), 'password is not a string'],
    ['a bad escape', text().replace('AWS', '\\x'), 'No JSON string'],
  ])('readAnswer() refuses %s', (_, stdout, message) => {
    expect(() => readAnswer(stdout, v1)).toThrow(message)
  })

  test.each([
    ['host.io', 'host.io/repo', true],
    ['host.io', 'host.io:443/repo', false],
    ['host.io:443', 'host.io:443/repo', true],
    ['*.io', 'host.io/repo', true],
    ['*.io', 'a.host.io/repo', false],
    ['h*t.[a-i]o', 'host.io/repo', true],
    ['h?st.io', 'host.io/repo', false],
    ['host.[^i]o', 'host.io/repo', false],
    ['host.io/foo', 'host.io/foobar', true],
    ['host.io/foo', 'host.io/fo', false],
    ['https://host.io', 'host.io/repo', true],
    ['*.dkr.ecr.*.amazonaws.com', '123456789012.dkr.ecr.us-west-2.amazonaws.com/r', true],
    ['*.dkr.ecr.*.amazonaws.com', '123456789012.dkr.ecr.us-west-2.amazonaws.com.evil.io/r', false],
    ['[::1]:5000', '[::1]:5000/repo', true],
    ['ho[st.io', 'host.io/repo', false],
  ])('matchImage(%p, %p) is %p', (pattern, image, matches) => {
    expect(matchImage(pattern, image)).toBe(matches)
  })

  test('findCredentials() gives all matches in the order a kubelet tries them', () => {
    const entry = { username: 'AWS', password: 'x' }
    const auth = {
      'host.io': entry,
      'https://host.io/v2/repo': entry,
      'other.io': entry,
      '*.io/': entry,
    }
    const found = findCredentials(readAnswer(text({ auth }), v1), 'host.io/repo')
    expect(found.map(({ key }) => key)).toEqual(['host.io/repo', 'host.io', '*.io'])
  })
})
