import { expect, test } from 'bun:test'

import { createInbox } from '../../../src/host/connection.ts'
import { parseAnswer, parseHead } from '../../../src/net/answer.ts'

/** What the reader makes of bytes that come in these pieces: status, headers and body, or the code of its refusal. */
async function read(...pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const inbox = createInbox()
  const answer = inbox.wait(parseAnswer)
  for (const piece of pieces) {
    inbox.take(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece)
  }
  inbox.end(undefined)
  try {
    const { status, headers, body } = await answer
    return `${status} ${JSON.stringify([...headers])} ${Buffer.from(body).toString()}`
  } catch (error) {
    return error instanceof Error && 'code' in error
      ? String(error.code)
      : 'an error without a code'
  }
}

const OK = 'HTTP/1.1 200 OK\r\n'
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`

test.each([
  ['a length', `${OK}Content-Length: 2\r\n\r\nhi`, '200 [["content-length","2"]] hi'],
  ['no body', `${OK}Content-Length: 0\r\n\r\n`, '200 [["content-length","0"]] '],
  ['no reason', 'HTTP/1.1 403\r\nContent-Length: 0\r\n\r\n', '403 [["content-length","0"]] '],
  ['an empty reason', 'HTTP/1.1 403 \r\ncontent-length:0\r\n\r\n', '403 [["content-length","0"]] '],
  [
    'HTTP/1.0 with a length',
    'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    '200 [["content-length","2"]] hi',
  ],
  [
    'blanks around a value',
    `${OK}Content-Length: \t2 \r\n\r\nhi`,
    '200 [["content-length","2"]] hi',
  ],
  [
    'an empty value',
    `${OK}A:\r\nContent-Length: 0\r\n\r\n`,
    '200 [["a",""],["content-length","0"]] ',
  ],
  [
    'a repeated field',
    `${OK}A: 1\r\na: 2\r\nContent-Length: 0\r\n\r\n`,
    '200 [["a","1, 2"],["content-length","0"]] ',
  ],
  ['204 without a length', 'HTTP/1.1 204 No Content\r\n\r\n', '204 [] '],
  [
    '304 with a length',
    'HTTP/1.1 304 -\r\nContent-Length: 5\r\n\r\n',
    '304 [["content-length","5"]] ',
  ],
  [
    'bytes beyond ASCII in a value, which are opaque',
    `${OK}A: \xe4\x80\xff\r\nContent-Length: 0\r\n\r\n`,
    '200 [["a","\xe4\x80\xff"],["content-length","0"]] ',
  ],
  [
    'bytes beyond ASCII in the reason',
    'HTTP/1.1 403 Zugriff verweigert f\xfcr alle\r\nContent-Length: 0\r\n\r\n',
    '403 [["content-length","0"]] ',
  ],
  [
    'bytes beyond ASCII in a chunk extension and a trailer',
    `${CHUNKED}2;a=\xe4\r\nhi\r\n0\r\nX: \xf6\r\n\r\n`,
    '200 [["transfer-encoding","chunked"]] hi',
  ],
  [
    'an interim answer',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 199 -\r\n\r\nHTTP/1.1 103 -\r\nLink: a\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
    '200 [["content-length","0"]] ',
  ],
  [
    'chunks',
    `${CHUNKED}2\r\nhi\r\n3\r\n ho\r\n0\r\n\r\n`,
    '200 [["transfer-encoding","chunked"]] hi ho',
  ],
  [
    'chunks in hexadecimal',
    `${CHUNKED}0A\r\n0123456789\r\n0\r\n\r\n`,
    '200 [["transfer-encoding","chunked"]] 0123456789',
  ],
  [
    'a size of six digits',
    `${CHUNKED}000002\r\nhi\r\n0\r\n\r\n`,
    '200 [["transfer-encoding","chunked"]] hi',
  ],
  [
    'chunks in capitals',
    `${OK}TRANSFER-ENCODING: Chunked\r\n\r\n0\r\n\r\n`,
    '200 [["transfer-encoding","Chunked"]] ',
  ],
  [
    'chunk extensions and trailers',
    `${CHUNKED}2;a="b"\r\nhi\r\n0\r\nX: y\r\n\r\n`,
    '200 [["transfer-encoding","chunked"]] hi',
  ],
])('parseAnswer() reads %s', async (_, text, expected) => {
  expect(await read(text)).toBe(expected)
  // And as a slow network brings it.
  expect(await read(...text.split(''))).toBe(expected)
})

test.each([
  ['another protocol', 'SSH-2.0-x\r\n\r\n'],
  ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\n'],
  ['another version', 'HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['HTTP/0.9', '<html></html>\r\n'],
  ['a lower-case protocol', 'http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a blank before the status line', ` ${OK}Content-Length: 0\r\n\r\n`],
  ['an empty line before the status line', `\r\n${OK}Content-Length: 0\r\n\r\n`],
  ['two blanks', 'HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a status under 100', 'HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a status over 599', 'HTTP/1.1 600 OK\r\nContent-Length: 0\r\n\r\n'],
  ['a change of protocol', `HTTP/1.1 101 Switching\r\n\r\n${OK}Content-Length: 0\r\n\r\n`],
  ['a control character in the reason', 'HTTP/1.1 200 O\x07K\r\nContent-Length: 0\r\n\r\n'],
  ['lines that end in LF alone', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
  ['one line that ends in LF alone', `${OK}A: b\nContent-Length: 0\r\n\r\n`],
  ['a byte order mark before it', `\xef\xbb\xbf${OK}Content-Length: 0\r\n\r\n`],
  ['a byte order mark before a field', `${OK}\xef\xbb\xbfContent-Length: 0\r\n\r\n`],
  ['a byte order mark for the end of the head', `${OK}Content-Length: 0\r\n\xef\xbb\xbf\r\n`],
  ['a byte order mark before a chunk', `${CHUNKED}\xef\xbb\xbf0\r\n\r\n`],
  ['a CR inside a value', `${OK}A: b\rc\r\nContent-Length: 0\r\n\r\n`],
  ['a zero byte', `${OK}A: \0\r\nContent-Length: 0\r\n\r\n`],
  ['a byte beyond ASCII in a name', `${OK}\xe4: b\r\nContent-Length: 0\r\n\r\n`],
  ['DEL in a value', `${OK}A: \x7f\r\nContent-Length: 0\r\n\r\n`],
  ['a folded line', `${OK}A: b\r\n c\r\nContent-Length: 0\r\n\r\n`],
  ['a blank before the colon', `${OK}Content-Length : 0\r\n\r\n`],
  ['a line without a colon', `${OK}Content-Length\r\n\r\n`],
  ['an empty name', `${OK}: a\r\nContent-Length: 0\r\n\r\n`],
  ['a name with a blank', `${OK}A b: c\r\nContent-Length: 0\r\n\r\n`],
  ['two lengths', `${OK}Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!`],
  ['the same length twice', `${OK}Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi`],
  ['a list of lengths', `${OK}Content-Length: 2, 2\r\n\r\nhi`],
  ['a length with a sign', `${OK}Content-Length: +2\r\n\r\nhi`],
  ['a negative length', `${OK}Content-Length: -2\r\n\r\nhi`],
  ['a length in hexadecimal', `${OK}Content-Length: 0x2\r\n\r\nhi`],
  ['a length of sixteen digits', `${OK}Content-Length: 9999999999999999\r\n\r\n`],
  ['a length with a fraction', `${OK}Content-Length: 2.0\r\n\r\nhi`],
  ['an empty length', `${OK}Content-Length:\r\n\r\n`],
  [
    'a length and chunks',
    `${OK}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n`,
  ],
  ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['another coding', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  [
    'chunked twice',
    `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ['a coding that is almost chunked', `${OK}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ['a quoted coding', `${OK}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`],
  ['a chunk of no size', `${CHUNKED}\r\nhi\r\n0\r\n\r\n`],
  ['a chunk with a prefix', `${CHUNKED}0x2\r\nhi\r\n0\r\n\r\n`],
  ['something behind a size', `${CHUNKED}2 x\r\nhi\r\n0\r\n\r\n`],
  ['a chunk with a sign', `${CHUNKED}+2\r\nhi\r\n0\r\n\r\n`],
  ['a chunk with a blank before it', `${CHUNKED} 2\r\nhi\r\n0\r\n\r\n`],
  ['a size of seven digits', `${CHUNKED}0000002\r\nhi\r\n0\r\n\r\n`],
  ['a chunk longer than its size', `${CHUNKED}2\r\nhi!\r\n0\r\n\r\n`],
  ['a chunk that ends in LF alone', `${CHUNKED}2\r\nhi\n0\r\n\r\n`],
  ['a size that ends in LF alone', `${CHUNKED}2\nhi\r\n0\r\n\r\n`],
  ['a longer size that ends in LF alone', `${CHUNKED}2f\nhi\r\n0\r\n\r\n`],
  ['a chunk that ends in one more byte and LF', `${CHUNKED}2\r\nhi!\n0\r\n\r\n`],
  ['a trailer that ends in LF alone', `${CHUNKED}0\r\nA: b\n\r\n`],
  ['a bad trailer', `${CHUNKED}0\r\nnot a field\r\n\r\n`],
  ['bytes after the body', `${OK}Content-Length: 2\r\n\r\nhi!`],
  ['bytes after the last chunk', `${CHUNKED}0\r\n\r\nx`],
  ['a body after 204', 'HTTP/1.1 204 No Content\r\n\r\nx'],
  [
    'another answer after the first',
    `${OK}Content-Length: 0\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
  ],
])('parseAnswer() refuses %s', async (_, text) => {
  expect(await read(text)).toBe('EBADMSG')
})

test('parseAnswer() refuses an answer that does not tell its length', async () => {
  expect(await read(`${OK}\r\nhi`)).toBe('ENOLENGTH')
  expect(await read('HTTP/1.0 200 OK\r\n\r\nhi')).toBe('ENOLENGTH')
})

test.each([
  ['in the status line', 'HTTP/1.1 2'],
  ['in the head', `${OK}Content-Len`],
  ['after the head', `${OK}Content-Length: 2\r\n\r\n`],
  ['in the body', `${OK}Content-Length: 2\r\n\r\nh`],
  ['in a chunk size', `${CHUNKED}1`],
  ['in a chunk', `${CHUNKED}2\r\nh`],
  ['before the last chunk', `${CHUNKED}2\r\nhi\r\n`],
  ['before the trailers end', `${CHUNKED}0\r\n`],
  ['after an interim answer', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ['at once', ''],
])('parseAnswer() notices an end %s', async (_, text) => {
  expect(await read(text)).toBe('ECONNRESET')
})

const x = (count: number) => 'x'.repeat(count)

test.each([
  ['a body that is announced', `${OK}Content-Length: 262145\r\n\r\n`],
  ['a length of fifteen digits', `${OK}Content-Length: 999999999999999\r\n\r\n`],
  ['a chunk that is announced', `${CHUNKED}40001\r\n`],
  ['chunks that add up', `${CHUNKED}3ffff\r\n${x(0x3ffff)}\r\n2\r\nhi\r\n0\r\n\r\n`],
  ['one header', `${OK}A: ${x(70_000)}\r\n`],
  ['a header that never ends', `${OK}A: ${x(70_000)}`],
  ['many headers', `${OK}${'A: b\r\n'.repeat(20_000)}`],
  ['many interim answers', 'HTTP/1.1 100 -\r\n\r\n'.repeat(10_000)],
  ['trailers', `${CHUNKED}0\r\n${`A: ${x(1000)}\r\n`.repeat(2000)}`],
])('parseAnswer() stops at too large %s', async (_, text) => {
  expect(await read(text)).toBe('EMSGSIZE')
})

test('parseAnswer() reads the largest body, in one piece, in chunks, and in small chunks', async () => {
  const body = x(256 * 1024)
  const small = `7\r\n${x(7)}\r\n`.repeat(30_000)
  expect((await read(`${OK}Content-Length: ${body.length}\r\n\r\n${body}`)).length).toBeGreaterThan(
    body.length,
  )
  expect(await read(`${CHUNKED}40000\r\n${body}\r\n0\r\n\r\n`)).toEndWith(body)
  expect(await read(`${CHUNKED}${small}0\r\n\r\n`)).toEndWith(x(210_000))
})

/** A head of so many bytes. */
function headOf(size: number): string {
  const [begin, end] = [`${OK}Content-Length: 0\r\nA: `, '\r\n\r\n']
  return `${begin}${x(size - begin.length - end.length)}${end}`
}

/** An answer of so many bytes, most of them trailers. */
function answerOf(size: number): string {
  const [begin, end] = [`${CHUNKED}0\r\nA: `, '\r\n\r\n']
  const lines = `${x(1000)}\r\nA: `.repeat(1000)
  return `${begin}${lines}${x(size - begin.length - lines.length - end.length)}${end}`
}

test.each([
  ['a head of 64 KiB', [headOf(65_536)], '200'],
  ['a larger head', [headOf(65_537)], 'EMSGSIZE'],
  ['1 MiB in all', [answerOf(1_048_576)], '200'],
  ['more in all', [answerOf(1_048_577)], 'EMSGSIZE'],
])('parseAnswer() has a limit: %s', async (_, pieces, expected) => {
  expect((await read(...pieces)).split(' ')[0]).toBe(expected)
})

test('parseAnswer() keeps what came before, however often it needs more room', async () => {
  const body = Array.from({ length: 20_000 }, (_, index) => `${index} `).join('')
  const pieces = body.match(/[^]{1,5000}/g) ?? []
  expect(await read(`${OK}Content-Length: ${body.length}\r\n\r\n`, ...pieces)).toEndWith(body)
})

test('parseHead() gives the head alone, and where it ends', () => {
  const head = parseHead(Buffer.from('HTTP/1.1 200 Connection established\r\nA: b\r\n\r\nrest'))
  expect(head).toMatchObject({ status: 200, isOld: false, length: 45 })
  expect(head?.headers.get('a')).toBe('b')
  expect(parseHead(Buffer.from('HTTP/1.1 200 OK\r\nA: b\r\n'))).toBeUndefined()
})
