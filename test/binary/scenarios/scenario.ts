import { expect } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

import type { Fault } from '../../world/faults.ts'
import { type GateOptions, openGate } from '../../world/gate.ts'
import { issueKey } from '../../world/keys.ts'
import { findCredentials, readAnswer } from '../../world/kubelet.ts'
import type { LineRule } from '../../world/line_faults.ts'
import {
  kubeletRequest,
  pluginPath,
  type PluginResult,
  type PluginRun,
  runPlugin,
} from '../../world/plugin.ts'
import type { FaultRule } from '../../world/recorder.ts'
import type { Key } from '../../world/sigv4.ts'
import { startWorld, type World } from '../../world/world.ts'

/**
 * One run of the binary against a world of its own. In every text `ROLE(x)` is a role's ARN, `KEYS(x)` the three lines of a
 * profile with a key that belongs to x, `PRINT(x)` a command that prints such a key as credential_process does, `URL(x)` and `PORT(x)` an
 * address of the world, `HOST(proxy)` and `URL(proxy)` that of a proxy, and `DIR` a directory for files. `ID(x)`, `SECRET(x)` and `TOKEN(x)` are the parts of one key of x, a
 * lasting one if x begins with `user/`. What begins with `sentinel` is a secret.
 */
export interface Scenario {
  readonly name: string
  readonly image?: string
  readonly args?: readonly string[]
  /** `KEYS` stands for the two or three variables with a key of its value; `undefined` unsets one of the world's. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly config?: string
  readonly credentials?: string
  readonly files?: Readonly<Record<string, string>>
  /** How a file that is not empty is written. Default: as UTF-8. */
  readonly encode?: (text: string) => Uint8Array
  /** What the request has beside the image. */
  readonly request?: Readonly<Record<string, unknown>>
  readonly prepare?: (world: World) => void
  readonly faults?: readonly FaultRule[]
  /** What goes wrong with connections. */
  readonly line?: LineRule
  /** Who signed the call to ECR. */
  readonly signer?: string
  /** Who signed every signed request, in order. */
  readonly signers?: string
  /** Every request, in order. */
  readonly steps?: string
  /** Texts that must stand in the requests (request line, headers, decoded body), one after the other. */
  readonly sent?: readonly string[]
  /** Texts that stand in no request. */
  readonly unsent?: readonly string[]
  /** Every host and port a proxy was asked for, none if empty; the hosts of AWS lead into the world. */
  readonly proxied?: string
  /** What that proxy is like. */
  readonly gate?: GateOptions
  /** Host names that the world's certificates are good for, besides those that are `proxied`. */
  readonly names?: readonly string[]
  /** Longest whole run. */
  readonly withinMs?: number
  /** A run that has not ended by itself until then is killed, and judged as wrong. Default: the kubelet's minute. */
  readonly killedAfterMs?: number
  /** What the error line must match; without it the run must succeed. */
  readonly fails?: RegExp
  /** What it must match, too. */
  readonly form?: RegExp
  /** What stands in stderr, where `--verbose` says the steps. */
  readonly says?: readonly string[]
  /** The exit code of a failure. Default 1. */
  readonly exitCode?: 2
  readonly check?: (world: World) => void
  /** The signal that is sent when the first answer with a fault is due, and that must end the run. */
  readonly kill?: NodeJS.Signals
  /** What the program is run in: the command in front of it, and more variables. */
  readonly around?: (world: World) => Promise<Sandbox>
  /** What is looked at before. */
  readonly inspect?: (pid: number, world: World) => void
}

/** What the program is run in: a namespace with a network or files of its own. See {@link Scenario.around}. */
export interface Sandbox {
  readonly command?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly stop?: () => void
}

/** Sets the clock of AWS that many seconds ahead of ours. */
export const ahead = (seconds: number) => (world: World) => {
  world.state.clockSkewSeconds = seconds
}

/** A refusal as the JSON services of AWS answer it; without a code the body is empty. */
export const json = (status: number, code?: string): Fault => ({
  kind: 'answer',
  status,
  body: code === undefined ? '' : `{"__type":"${code}"}`,
})

/** A profile whose credential_process prints this. */
export const prints = (output: string) => `[default]\ncredential_process = echo '${output}'`

const IMAGE = '123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app'
const API_VERSION = 'credentialprovider.kubelet.k8s.io/v1'

/** Plays a scenario and judges it. */
export async function play(scenario: Scenario): Promise<void> {
  const { proxied, line } = scenario
  const targets = proxied?.split(' ').filter(Boolean) ?? []
  const names = targets.map((target) => target.replace(/:[^:]+$/, ''))
  const world = await startWorld({
    names: [...names, ...(scenario.names ?? [])],
    ...(line === undefined ? {} : { line }),
  })
  const gate = await openGate(scenario.gate ?? {}, world)
  const isBehind = proxied !== undefined || scenario.gate !== undefined
  try {
    await playIn(world, isBehind ? behind(gate.url, scenario) : scenario)
    // In no particular order: ECR is connected to while credentials are found.
    const wanted = targets.map((target) => fill(target, world))
    if (proxied !== undefined) expect(gate.targets().toSorted()).toEqual(wanted.toSorted())
  } finally {
    gate.stop()
    await world.stop()
  }
}

function behind(proxy: string, scenario: Scenario): Scenario {
  const { host } = new URL(proxy)
  const env: Record<string, string | undefined> = { HTTPS_PROXY: proxy, HTTP_PROXY: proxy }
  for (const [name, value] of Object.entries(scenario.env ?? {})) {
    env[name] = value?.replaceAll('URL(proxy)', proxy).replaceAll('HOST(proxy)', host)
  }
  return { ...scenario, env }
}

async function playIn(world: World, scenario: Scenario): Promise<void> {
  const { image = IMAGE, args = [], env = {}, request = {}, faults = [] } = scenario
  const { encode = (text: string) => Buffer.from(text) } = scenario
  scenario.prepare?.(world)
  const keys = new Map<string, Key>()
  const fillIn = (text: string) => fill(fillKeys(text, { keys, world }), world)
  const files = {
    config: scenario.config ?? '',
    credentials: scenario.credentials ?? '',
    ...scenario.files,
  }
  for (const [path, text] of Object.entries(files)) {
    const file = `${world.directory}/.aws/${path}`
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text === '' ? '' : encode(fillIn(text)))
  }
  world.faults.push(...faults)
  const texts = JSON.stringify([files, env, request, faults])
  for (const [secret] of texts.matchAll(/sentinel[\w.-]+/g)) world.state.secrets.add(secret)
  const variables: Readonly<Record<string, string | undefined>>[] = Object.entries(env).map(
    ([name, value]) =>
      name === 'KEYS' && value !== undefined
        ? keyVariables(value, world)
        : { [name]: value === undefined ? undefined : fillIn(value) },
  )
  const around = await scenario.around?.(world)
  const run = await runPlugin({
    command: [...(around?.command ?? []), pluginPath],
    stdin: kubeletRequest(image, request),
    args: args.map(fillIn),
    env: variables.reduce((all, some) => ({ ...all, ...some }), {
      ...world.environment(),
      ...around?.env,
    }),
    timeoutMs: scenario.killedAfterMs ?? 60_000,
    during: scenario.kill === undefined ? undefined : stopper(scenario, world),
  })
  around?.stop?.()
  expect(run.timedOut).toBe(false)
  expect(run.milliseconds).toBeLessThan(scenario.withinMs ?? 60_000)
  const secrets = [...world.state.secrets, ...world.state.ecr.passwords]
  for (const secret of formsOf(secrets)) expect(run.stderr).not.toContain(secret)
  for (const text of scenario.says ?? []) expect(run.stderr).toContain(text)
  judgeEnd(run, scenario)
  // What was to come after the signal has not.
  if (scenario.kill === undefined)
    judgeRequests(world, { ...scenario, sent: scenario.sent?.map(fillIn) ?? [] })
  scenario.check?.(world)
}

/** Sends the signal once the world has got the request whose answer has a fault. */
function stopper({ kill, inspect }: Scenario, world: World): PluginRun['during'] {
  return async (child) => {
    while (!world.requests.some(({ faults }) => faults.length > 0)) await Bun.sleep(1)
    inspect?.(child.pid, world)
    child.kill(kill)
  }
}

function judgeEnd(run: PluginResult, scenario: Scenario): void {
  const { image = IMAGE, args = [], kill = null } = scenario
  // Before the last line, `--verbose` says the steps.
  const last = args.includes('--verbose')
    ? run.stderr.replace(/^(?:ecr-credential-provider: [0-9]+ ms: [\x20-\x7e]+(?:\n|$))+/, '')
    : run.stderr
  expect([run.signal, run.timedOut]).toEqual([kill, false])
  if (kill !== null) {
    expect([run.stdout, last]).toEqual(['', ''])
  } else if (scenario.fails === undefined) {
    expect([run.exitCode, last]).toEqual([0, ''])
    expect(findCredentials(readAnswer(run.stdout, API_VERSION), image).length).toBe(1)
  } else {
    expect(last).toMatch(/^ecr-credential-provider: [\x20-\x7e]+$/)
    expect(last).toMatch(scenario.fails)
    if (scenario.form !== undefined) expect(last).toMatch(scenario.form)
    expect([run.exitCode, run.stdout]).toEqual([scenario.exitCode ?? 1, ''])
  }
}

/** Secrets, and the forms in which a message might quote them. */
export function formsOf(secrets: Iterable<string>): readonly string[] {
  return [...secrets].flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    btoa(secret),
    JSON.stringify(secret).slice(1, -1),
  ])
}

function judgeRequests(world: World, scenario: Scenario): void {
  const { signer, signers, steps, sent = [], unsent = [] } = scenario
  const signed = world.requests.filter(({ verification }) => verification !== undefined)
  if (signers !== undefined)
    expect(signed.map((each) => each.signer ?? '-').join(' ')).toBe(signers)
  if (steps !== undefined) expect(world.requests.map(({ step }) => step).join(' ')).toBe(steps)
  const last = world.requests.findLast(({ step }) => step === 'ecr' || step === 'ecr-public')
  if (signer !== undefined) expect(last?.signer).toBe(signer)
  const text = world.requests
    .map(({ method, target, headers, body }) =>
      [
        `${method} ${decodeURIComponent(target)}`,
        ...[...headers].map(([name, value]) => `${name}: ${value}`),
        decodeURIComponent(body.replaceAll('+', ' ')),
      ].join('\n'),
    )
    .join('\n\n')
  let from = 0
  for (const unwanted of unsent) expect(text).not.toContain(unwanted)
  for (const wanted of sent) {
    const at = text.indexOf(wanted, from)
    expect([wanted, at >= from ? 'was sent' : text]).toEqual([wanted, 'was sent'])
    from = at + 1
  }
}

function fill(text: string, world: World): string {
  const urls = new Map<string, string | undefined>(Object.entries(world.urls))
  return text
    .replaceAll(/ROLE\((?<name>[\w-]+)\)/g, 'arn:aws:iam::123456789012:role/$<name>')
    .replaceAll(/KEYS\((?<owner>[\w-]+)\)/g, (_, owner: string) => keyLines(owner, world))
    .replaceAll(/PRINT\((?<owner>[\w-]+)\)/g, (_, owner: string) => printCommand(owner, world))
    .replaceAll(/URL\((?<name>\w+)\)/g, (_, name: string) => urls.get(name) ?? '')
    .replaceAll(/PORT\((?<name>\w+)\)/g, (_, name: string) => portOf(urls.get(name)))
    .replaceAll('DIR', `${world.directory}/.aws`)
}

function portOf(url: string | undefined): string {
  return new URL(url ?? '').port
}

/** Fills in the parts of keys. */
export function fillKeys(
  text: string,
  { keys, world }: { readonly keys: Map<string, Key>; readonly world: World },
): string {
  return text.replaceAll(/(ID|SECRET|TOKEN)\(([\w/-]+)\)/g, (_, part: string, owner: string) => {
    const temporary = !owner.startsWith('user/')
    const key = keys.get(owner) ?? issueKey(world.state, { owner, temporary })
    keys.set(owner, key)
    if (part === 'ID') return key.accessKeyId
    return part === 'SECRET' ? key.secretAccessKey : (key.sessionToken ?? '')
  })
}

function keyLines(owner: string, world: World): string {
  const key = issueKey(world.state, { owner })
  return `aws_access_key_id = ${key.accessKeyId}\naws_secret_access_key = ${key.secretAccessKey}\naws_session_token = ${key.sessionToken ?? ''}\n`
}

/** The variables with a key of an owner. */
export function keyVariables(owner: string, world: World): Record<string, string> {
  const key = issueKey(world.state, { owner })
  return {
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_SESSION_TOKEN: key.sessionToken ?? '',
  }
}

function printCommand(owner: string, world: World): string {
  const key = issueKey(world.state, { owner })
  const file = `${world.directory}/${owner}.json`
  const {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  } = key
  writeFileSync(file, JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey, SessionToken }))
  return `cat ${file}`
}
