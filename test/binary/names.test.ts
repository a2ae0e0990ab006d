import { expect, setDefaultTimeout, test } from 'bun:test'

import { HAS_MOUNTS, NEEDED, runInEtc } from '../support/etc.ts'
import { type DnsAnswer, type DnsQuestion, startDns } from '../world/dns.ts'
import { kubeletRequest } from '../world/plugin.ts'
import { startWorld, type World } from '../world/world.ts'

// How the compiled binary looks names up, on a host whose /etc/resolv.conf names a DNS server of the test's own.

setDefaultTimeout(60_000)

const stdin = kubeletRequest('123456789012.dkr.ecr.us-west-2.amazonaws.com/app')
const NAME = 'service.test'
const SERVFAIL = { code: 2 }
const NXDOMAIN = { code: 3 }
const REFUSED = { code: 5 }

type Resolver = (question: DnsQuestion, seen: number) => DnsAnswer

/** Answers questions for IPv4 in this order, the last one again and again; IPv6 is what the name does not have. */
const ipv4 =
  (...answers: readonly DnsAnswer[]): Resolver =>
  ({ family }, seen) =>
    family === 6 ? [] : answers[Math.min(seen, answers.length - 1)]

/** Each service by its name, and who is asked when the name leads to it. */
const SERVICES = [
  ['the container endpoint', 'AWS_CONTAINER_CREDENTIALS_FULL_URI', 'container', 'container ecr'],
  [
    'IMDS',
    'AWS_EC2_METADATA_SERVICE_ENDPOINT',
    'imds',
    'imds-token imds-role imds-credentials ecr',
  ],
  ['ECR', 'AWS_ENDPOINT_URL_ECR', 'ecr', 'imds-token imds-role imds-credentials ecr'],
] as const

interface Case {
  readonly resolver: Resolver
  readonly variable: (typeof SERVICES)[number][1]
  readonly hosts?: string
  readonly args?: readonly string[]
}

const TOKEN = 'sentinel-authorization'

/** A run for which the service that a variable names has to be looked up. */
async function ask({ resolver, variable, hosts = '', args = [] }: Case) {
  const world = await startWorld({ names: [NAME] })
  const dns = await startDns(resolver)
  world.state.container.authorization = TOKEN
  try {
    const run = await runInEtc(
      world,
      { hosts, 'resolv.conf': `nameserver 127.0.0.1:${dns.port}\n` },
      { stdin, args, env: { ...world.environment(), ...byName(variable, world) } },
    )
    expect(run.stderr).not.toContain(TOKEN)
    // On a machine that is busy IMDS may be asked again.
    const steps = [...new Set(world.requests.map(({ step }) => step))].join(' ')
    return { ...run, steps, questions: dns.questions }
  } finally {
    dns.stop()
    await world.stop()
  }
}

function byName(variable: Case['variable'], { urls }: World): Record<string, string> {
  const token = { AWS_CONTAINER_AUTHORIZATION_TOKEN: TOKEN }
  const [, , service] = SERVICES.find(([, name]) => name === variable) ?? SERVICES[0]
  const url = urls[service].replace('127.0.0.1', NAME)
  return { [variable]: url, ...(service === 'container' ? token : {}) }
}

const onHost = test.concurrent.skipIf(!HAS_MOUNTS)

const FOUND: readonly (readonly [name: string, resolver: Resolver, hosts?: string])[] = [
  ['an answer', ipv4(['127.0.0.1'])],
  ['a second answer that differs', ipv4(['127.0.0.1'], ['192.0.2.1'])],
  ['a second answer that is none', ipv4(['127.0.0.1'], NXDOMAIN)],
  ['SERVFAIL at first', ipv4(SERVFAIL, SERVFAIL, SERVFAIL, ['127.0.0.1'])],
  ['REFUSED at first', ipv4(REFUSED, ['127.0.0.1'])],
  [
    'SERVFAIL for both families at first',
    ({ family }, seen) => (seen < 2 ? SERVFAIL : family === 6 ? [] : ['127.0.0.1']),
  ],
  ['SERVFAIL for IPv6', ({ family }) => (family === 6 ? SERVFAIL : ['127.0.0.1'])],
  ['a lost answer for IPv6', ({ family }) => (family === 6 ? undefined : ['127.0.0.1'])],
  [
    'lost answers at first',
    ({ family }, seen) => (seen === 0 ? undefined : family === 6 ? [] : ['127.0.0.1']),
  ],
  ['a line in /etc/hosts', ipv4(NXDOMAIN), `127.0.0.1 ${NAME}\n`],
]

for (const [service, variable, , steps] of SERVICES) {
  for (const [name, resolver, hosts] of FOUND) {
    onHost(`${service} is found with ${name}${NEEDED}`, async () => {
      const run = await ask({ resolver, variable, ...(hosts === undefined ? {} : { hosts }) })
      expect([run.exitCode, run.stderr, run.steps]).toEqual([0, '', steps])
    })
  }
}

const LOST: readonly (readonly [name: string, resolver: Resolver, words: string | RegExp])[] = [
  ['does not exist', ipv4(NXDOMAIN), `the host name of ${NAME}:PORT does not exist`],
  ['has no addresses', ipv4([]), `the host name of ${NAME}:PORT does not exist`],
  // A last question may be under way when time is up.
  [
    'stays SERVFAIL',
    () => SERVFAIL,
    /the DNS server answers with an error for the host name of service\.test:PORT|the DNS server does not answer/,
  ],
  [
    'gets no answer',
    () => undefined,
    `the DNS server does not answer for the host name of ${NAME}:PORT`,
  ],
]

for (const [service, variable] of SERVICES) {
  for (const [name, resolver, words] of LOST) {
    onHost(`the line says so where the name of ${service} ${name}${NEEDED}`, async () => {
      const run = await ask({ resolver, variable })
      expect([run.exitCode, run.stdout, run.steps.includes('ecr')]).toEqual([1, '', false])
      expect(run.stderr.replaceAll(/:[0-9]+/g, ':PORT')).toMatch(words)
    })
  }
}

// The look-up ends when the run must, or a moment later: no time is left, and the reason is still the name.
for (const [name, resolver, words] of LOST.slice(2)) {
  onHost(
    `the line says so, and nothing else, where a short run's name ${name}${NEEDED}`,
    async () => {
      const args = ['--timeout', '1']
      const run = await ask({ resolver, variable: 'AWS_ENDPOINT_URL_ECR', args })
      expect([run.exitCode, run.stdout, run.stderr.split('\n').length]).toEqual([1, '', 1])
      expect(run.stderr.replaceAll(/:[0-9]+/g, ':PORT')).toMatch(words)
    },
  )
}

const CONTAINER = 'AWS_CONTAINER_CREDENTIALS_FULL_URI'

for (const [name, resolver, hosts] of [
  ['another host', ipv4(['192.0.2.1'])],
  ['this one and another', ipv4(['127.0.0.1', '192.0.2.1'])],
  ['another and this one', ipv4(['192.0.2.1', '127.0.0.1'])],
  ['another by IPv6 alone', ({ family }) => (family === 6 ? ['::2'] : ['127.0.0.1'])],
  ['another by /etc/hosts', ipv4(['127.0.0.1']), `192.0.2.1 ${NAME}\n`],
  ['IMDS', ipv4(['169.254.169.254'])],
  ['any host', ipv4(['0.0.0.0'])],
] satisfies readonly (readonly [string, Resolver, string?])[]) {
  onHost(`a name of ${name} is no container endpoint over http${NEEDED}`, async () => {
    const run = await ask({
      resolver,
      variable: CONTAINER,
      ...(hosts === undefined ? {} : { hosts }),
    })
    expect([run.exitCode, run.stdout, run.steps]).toEqual([1, '', ''])
    expect(run.stderr).toBe(
      `ecr-credential-provider: cannot use ${CONTAINER}: '${NAME}' is neither https, nor loopback, nor a container agent's address`,
    )
  })
}

onHost(`the container endpoint's name is looked up once${NEEDED}`, async () => {
  const { questions } = await ask({ resolver: ipv4(['127.0.0.1']), variable: CONTAINER })
  expect(questions.map(({ name, family }) => `${name} ${family}`).toSorted()).toEqual([
    `${NAME} 4`,
    `${NAME} 6`,
  ])
})
