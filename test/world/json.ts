/** A JSON value; objects as maps, so that no name is special. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = ReadonlyMap<string, Json>

interface Cursor {
  readonly text: string
  at: number
}

/**
 * The one JSON document in `text`, or an error: also for a name that an object has twice, and for anything but
 * white space around the document.
 */
export function parseStrictJson(text: string): Json {
  const cursor = { text, at: 0 }
  const value = readValue(cursor)
  skipBlanks(cursor)
  if (cursor.at !== text.length)
    throw new Error(`Something follows the JSON document at ${cursor.at}`)
  return value
}

function readValue(cursor: Cursor): Json {
  skipBlanks(cursor)
  const char = cursor.text[cursor.at]
  if (char === '{') return readObject(cursor)
  if (char === '[') return readArray(cursor)
  if (char === '"') return readString(cursor)
  const word = take(cursor, /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y)
  if (word === undefined) throw new Error(`No JSON value at ${cursor.at}`)
  if (word === 'null') return null
  return word === 'true' || word === 'false' ? word === 'true' : Number(word)
}

function readObject(cursor: Cursor): JsonObject {
  const object = new Map<string, Json>()
  expect(cursor, '{')
  if (accept(cursor, '}')) return object
  while (true) {
    skipBlanks(cursor)
    const name = readString(cursor)
    if (object.has(name)) throw new Error(`Duplicate field '${name}'`)
    expect(cursor, ':')
    object.set(name, readValue(cursor))
    if (accept(cursor, '}')) return object
    expect(cursor, ',')
  }
}

function readArray(cursor: Cursor): readonly Json[] {
  const array: Json[] = []
  expect(cursor, '[')
  if (accept(cursor, ']')) return array
  while (true) {
    array.push(readValue(cursor))
    if (accept(cursor, ']')) return array
    expect(cursor, ',')
  }
}

function readString(cursor: Cursor): string {
  const literal = take(cursor, /"(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y)
  if (literal === undefined) throw new Error(`No JSON string at ${cursor.at}`)
  return literal
    .slice(1, -1)
    .replaceAll(/\\(?:u(....)|(.))/g, (_, hex?: string, char?: string) =>
      hex === undefined ? unescape(char ?? '') : String.fromCharCode(parseInt(hex, 16)),
    )
}

function unescape(char: string): string {
  const index = 'bfnrt'.indexOf(char)
  return index === -1 ? char : '\b\f\n\r\t'.charAt(index)
}

function expect(cursor: Cursor, char: string): void {
  if (!accept(cursor, char)) throw new Error(`No '${char}' in the JSON at ${cursor.at}`)
}

function accept(cursor: Cursor, char: string): boolean {
  skipBlanks(cursor)
  if (cursor.text[cursor.at] !== char) return false
  cursor.at += 1
  return true
}

function skipBlanks(cursor: Cursor): void {
  take(cursor, /[ \t\r\n]+/y)
}

function take(cursor: Cursor, pattern: RegExp): string | undefined {
  pattern.lastIndex = cursor.at
  const found = pattern.exec(cursor.text)?.[0]
  cursor.at += found?.length ?? 0
  return found
}
