import type { Service, Step } from '../../world/service.ts'
import type { Scenario } from './scenario.ts'
import { LATER, logIn, PAST, SESSION } from './sources.ts'

/** How to come to a step of the network, and who signs when it goes well. */
export interface Way {
  readonly step: Step
  readonly service: Service
  /** Connections to the service before the one with this step. */
  readonly before: number
  /** What the step's answer is written in. */
  readonly format: 'text' | 'json' | 'xml'
  readonly scenario: Partial<Scenario>
}

const NODE = { service: 'imds', scenario: { signer: 'role/node-role' } } as const

/** Every step of the network. */
export const WAYS: readonly Way[] = [
  { step: 'imds-token', before: 0, format: 'text', ...NODE },
  { step: 'imds-role', before: 1, format: 'text', ...NODE },
  { step: 'imds-credentials', before: 2, format: 'json', ...NODE },
  {
    step: 'imds-region',
    before: 1,
    format: 'text',
    service: 'imds',
    scenario: { image: 'docker.io/x', args: ['--mirror', 'docker.io'], signer: 'role/node-role' },
  },
  {
    step: 'container',
    service: 'container',
    before: 0,
    format: 'json',
    scenario: {
      env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)' },
      signer: 'role/container-role',
    },
  },
  {
    step: 'sts-assume-role',
    service: 'sts',
    before: 0,
    format: 'xml',
    scenario: {
      config: '[default]\nrole_arn = ROLE(a)\nKEYS(b)',
      signer: 'assumed-role/a/ecr-credential-provider',
    },
  },
  {
    step: 'sts-web-identity',
    service: 'sts',
    before: 0,
    format: 'xml',
    scenario: {
      env: { AWS_WEB_IDENTITY_TOKEN_FILE: 'DIR/token', AWS_ROLE_ARN: 'ROLE(w)' },
      files: { token: 'jwt' },
      signer: 'assumed-role/w/ecr-credential-provider',
    },
  },
  {
    step: 'sso-credentials',
    service: 'sso',
    before: 0,
    format: 'json',
    scenario: {
      config: SESSION,
      prepare: logIn('corp', LATER),
      signer: 'assumed-role/Puller/sso',
    },
  },
  {
    step: 'oidc-token',
    service: 'oidc',
    before: 0,
    format: 'json',
    scenario: { config: SESSION, prepare: logIn('corp', PAST), signer: 'assumed-role/Puller/sso' },
  },
  {
    step: 'ecr',
    service: 'ecr',
    before: 0,
    format: 'json',
    scenario: { env: { KEYS: 'env' }, signer: 'env' },
  },
  {
    step: 'ecr-public',
    service: 'ecr-public',
    before: 0,
    format: 'json',
    scenario: { env: { KEYS: 'env' }, image: 'public.ecr.aws/x/y', signer: 'env' },
  },
]

/** What is expected of faults that have the same outcome. */
export interface Expected {
  readonly ways?: readonly Way[]
  /** How often the fault befalls the step. Default: always. */
  readonly times?: number
  /** The error line; without it the run must succeed. */
  readonly fails?: RegExp
  /** The whole run's `--timeout`, in seconds. Default 30: more than a slow machine and one attempt that hangs take. */
  readonly timeoutSeconds?: number
  readonly check?: (way: Way) => Scenario['check']
}

/**
 * One run for each way and fault. Every run must end by itself: with a `--timeout` of 2 s, one that forgets it would go on for
 * 15 s (three attempts at the container endpoint) or 30 s (AWS), and is killed before that.
 *
 * @param befall - the fault, at the step of a way.
 */
export function cross<Fault>(
  faults: Readonly<Record<string, Fault>>,
  { ways = WAYS, times = Infinity, fails, timeoutSeconds = 30, check }: Expected,
  befall: (way: Way, fault: Fault, times: number) => Partial<Scenario>,
): readonly Scenario[] {
  const often = times === Infinity ? 'always' : 'at first'
  return ways.flatMap((way) =>
    Object.entries(faults).map(([name, fault]) => {
      const { signer, args = [], ...scenario } = way.scenario
      const success = signer === undefined ? {} : { signer }
      const judge = check?.(way)
      return {
        name: `${way.step}: ${name}, ${often}`,
        args: [...args, '--timeout', `${timeoutSeconds}`],
        killedAfterMs: timeoutSeconds * 1000 + 8000,
        ...befall(way, fault, times),
        ...scenario,
        ...(fails === undefined ? success : { fails }),
        ...(judge === undefined ? {} : { check: judge }),
      }
    }),
  )
}
