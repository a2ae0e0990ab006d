import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type Authority, type CertificateKind, sharedAuthority } from './certificates.ts'
import { answerContainer } from './container.ts'
import { planActions } from './delivery.ts'
import { answerEcr, answerEcrPublic } from './ecr.ts'
import type { Action } from './faults.ts'
import { readHostService } from './hosts.ts'
import { answerImds } from './imds.ts'
import { readClock } from './keys.ts'
import { type Line, openLine } from './line.ts'
import type { LineRule } from './line_faults.ts'
import { createRecorder, type Recorder } from './recorder.ts'
import { answerRegistry, answerStorage } from './registry.ts'
import type { WireRequest } from './request.ts'
import type { Answer, Service } from './service.ts'
import { describeEnvironment, describeUrls, type Urls } from './settings.ts'
import { answerOidc, answerSso } from './sso.ts'
import { createState, type State } from './state.ts'
import { answerSts } from './sts.ts'
import { startWire, type WireServer, type WireTls } from './wire.ts'

/** How a world differs from the usual one. */
export interface WorldOptions {
  /** What the TLS servers show. Default `good`. */
  readonly certificate?: CertificateKind
  /** Host names the certificate is good for besides `localhost` and the loopback addresses. */
  readonly names?: readonly string[]
  /** Who vouches for them. Default: one that all worlds share. */
  readonly authority?: Authority
  /** What goes wrong with the connections to one of the services. */
  readonly line?: LineRule
}

/** A small AWS on loopback. */
export interface World extends Pick<Recorder, 'requests' | 'faults'> {
  readonly urls: Urls
  readonly state: State
  /** The PEM file with the authority behind the TLS servers. */
  readonly caFile: string
  /** A directory for the test's own files, gone after `stop()`. */
  readonly directory: string
  /** The documented variables that point an AWS client here, and then `extra`. */
  readonly environment: (extra?: Readonly<Record<string, string>>) => Record<string, string>
  /** Connections that a service has accepted so far. */
  readonly countConnections: (service: Service) => number
  /** The port that stands for a real AWS host name, for a proxy's use. */
  readonly route: (host: string) => number | undefined
  /** Closes every server and connection and deletes the directory. */
  readonly stop: () => Promise<void>
}

const handlers: Readonly<Record<Service, (request: WireRequest, state: State) => Answer>> = {
  imds: answerImds,
  container: answerContainer,
  sts: answerSts,
  sso: answerSso,
  oidc: answerOidc,
  ecr: answerEcr,
  'ecr-public': answerEcrPublic,
  registry: answerRegistry,
  storage: answerStorage,
}

/** Starts a world of its own on free ports; many can run at the same time. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const authority = options.authority ?? (await sharedAuthority())
  const tls = await authority.issueLeaf(options.certificate ?? 'good', options.names)
  const state = createState()
  const recorder = createRecorder()
  const answer = (service: Service) => (request: WireRequest, connection: number) =>
    answerRequest(request, { service, connection, state, recorder })
  const plain = (service: Service) => startWire({ hostname: '127.0.0.1', answer: answer(service) })
  const secure = (service: Service, leaf: WireTls = tls) =>
    startWire({ hostname: '127.0.0.1', tls: leaf, answer: answer(service) })
  const servers: Readonly<Record<Service, WireServer>> = {
    imds: plain('imds'),
    container: plain('container'),
    sts: secure('sts'),
    sso: secure('sso'),
    oidc: secure('oidc'),
    ecr: secure('ecr'),
    'ecr-public': secure('ecr-public'),
    registry: secure('registry'),
    storage: secure('storage'),
  }
  const { line: rule } = options
  const line =
    rule === undefined ? undefined : await layLine(rule, { ...options, servers, authority, secure })
  const imdsIpv6 = startIpv6(answer('imds'))
  const directory = mkdtempSync(join(tmpdir(), 'world-'))
  const caFile = join(directory, 'ca.pem')
  writeFileSync(caFile, authority.pem)
  const urls = describeUrls(
    line === undefined ? servers : { ...servers, ...line.reached },
    imdsIpv6,
  )
  state.registry.storage = urls.storage
  return {
    urls,
    state,
    requests: recorder.requests,
    faults: recorder.faults,
    caFile,
    directory,
    environment: (extra = {}) => ({
      // An empty home of its own, so that no file of the developer's takes part.
      HOME: directory,
      ...describeEnvironment(urls, caFile),
      ...extra,
    }),
    countConnections: (service) => servers[service].countConnections(),
    route: (host) => {
      const service = readHostService(host)
      return service === undefined ? undefined : (line?.reached[service] ?? servers[service]).port
    },
    stop: async () => {
      for (const server of [...Object.values(servers), imdsIpv6, line]) server?.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** Tells a story in a world of its own, which ends with it. */
export async function inWorld<Result>(story: (world: World) => Promise<Result>): Promise<Result> {
  const world = await startWorld()
  try {
    return await story(world)
  } finally {
    await world.stop()
  }
}

/** Puts a line in front of a service; what only looks like the service stands behind it, too. */
async function layLine(
  rule: LineRule,
  from: {
    readonly servers: Readonly<Record<Service, WireServer>>
    readonly authority: Authority
    readonly names?: readonly string[]
    readonly secure: (service: Service, tls: WireTls) => WireServer
  },
): Promise<Line & { readonly reached: Partial<Record<Service, WireServer>> }> {
  const { service, fault } = rule
  const server = from.servers[service]
  const detour =
    fault.kind === 'tls'
      ? from.secure(service, {
          ...(await from.authority.issueLeaf(fault.certificate ?? 'good', from.names)),
          ...(fault.version === undefined ? {} : { version: fault.version }),
        })
      : undefined
  const line = await openLine(rule, { service: server.port, detour: detour?.port })
  const url = server.url.replace(/[0-9]+$/, `${line.port}`)
  return {
    port: line.port,
    reached: { [service]: { ...server, port: line.port, url } },
    stop: () => {
      line.stop()
      detour?.stop()
    },
  }
}

interface Context {
  readonly service: Service
  readonly connection: number
  readonly state: State
  readonly recorder: Recorder
}

function answerRequest(request: WireRequest, context: Context): readonly Action[] {
  const { service, connection, state, recorder } = context
  const { step, reply, verification } = handlers[service](request, state)
  const faults = recorder.record({ service, connection, step, request, verification })
  const headers = {
    Date: new Date(readClock(state)).toUTCString(),
    'x-amzn-RequestId': crypto.randomUUID(),
    Connection: request.headers.get('connection'),
    ...reply.headers,
  }
  return planActions({ ...reply, headers }, faults)
}

function startIpv6(
  answer: (request: WireRequest, connection: number) => readonly Action[],
): WireServer | undefined {
  try {
    return startWire({ hostname: '::1', answer })
  } catch {
    return undefined
  }
}
