/** What a DNS server does about one question. */
export type DnsAnswer =
  /** Addresses of the family that was asked for. `[]`: the name exists, but has none. */
  | readonly string[]
  /** An error, by its number: 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED (RFC 1035, 4.1.1). */
  | { readonly code: number }
  /** None at all. */
  | undefined

/** A question to a DNS server. */
export interface DnsQuestion {
  readonly name: string
  readonly family: 4 | 6
}

/** A running DNS server. */
interface DnsServer {
  readonly port: number
  readonly questions: readonly DnsQuestion[]
  readonly stop: () => void
}

/** Starts a DNS server on 127.0.0.1, over UDP. `seen` says how often this very question was asked before. */
export async function startDns(
  answer: (question: DnsQuestion, seen: number) => DnsAnswer,
): Promise<DnsServer> {
  const questions: DnsQuestion[] = []
  const socket = await Bun.udpSocket({
    hostname: '127.0.0.1',
    socket: {
      data(own, query, port, address) {
        const question = readQuestion(query)
        const seen = questions.filter(
          ({ name, family }) => name === question.name && family === question.family,
        )
        questions.push(question)
        const given = answer(question, seen.length)
        if (given === undefined) return
        try {
          own.send(formatAnswer(query, given), port, address)
        } catch {
          // Who asked is gone.
        }
      },
    },
  })
  return { port: socket.port, questions, stop: () => socket.close() }
}

/** The one question of a query; queries have no compressed names. */
function readQuestion(query: Buffer): DnsQuestion {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), family: query.readUInt16BE(at + 1) === 28 ? 6 : 4 }
}

/** The header and the question again, and records that point to its name. */
function formatAnswer(
  query: Buffer,
  answer: readonly string[] | { readonly code: number },
): Buffer {
  const end = query.indexOf(0, 12) + 5
  const [code, addresses] = 'code' in answer ? [answer.code, []] : [0, answer]
  const header = Buffer.from(query.subarray(0, 12))
  header.writeUInt16BE(0x8180 | code, 2)
  header.writeUInt16BE(addresses.length, 6)
  header.writeUInt32BE(0, 8)
  const records = addresses.map((address) => {
    const data = Buffer.from(packAddress(address))
    const fixed = Buffer.from('c00c000000010000003c0000', 'hex')
    fixed.writeUInt16BE(data.length === 4 ? 1 : 28, 2)
    fixed.writeUInt16BE(data.length, 10)
    return Buffer.concat([fixed, data])
  })
  return Buffer.concat([header, query.subarray(12, end), ...records])
}

/** The bytes of an address; of IPv6, `::` and a number only. */
function packAddress(address: string): readonly number[] {
  if (!address.includes(':')) return address.split('.').map(Number)
  return [...Array.from({ length: 15 }, () => 0), Number(address.slice(2))]
}
