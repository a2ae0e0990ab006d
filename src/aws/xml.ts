import type { Subject } from '../base/decode.ts'
import { Failure } from '../base/failure.ts'
import { isBlank, readPiece } from './xml_pieces.ts'

/** An element: its name without namespace prefix, its own text, and the elements in it. */
export interface XmlElement {
  readonly name: string
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** Deeper than any answer of STS, by far. */
const MAX_DEPTH = 32

/** More elements than any answer of STS has, by far. */
const MAX_ELEMENTS = 1000

/** A character that no XML document may hold. @see https://www.w3.org/TR/xml/#NT-Char */
const FORBIDDEN = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

/**
 * The root element of a document, as far as AWS uses XML: elements, attributes (read over), text, CDATA, comments and
 * processing instructions. A document type is refused, and with it every entity but the five of XML itself, so nothing
 * here can be made to read a file or to grow. A byte order mark is allowed, as XML says; `]]>` in text is too, since it
 * can hide nothing.
 *
 * @throws {Failure} `subject.code` - not well-formed, or beyond the limits; the input is never shown.
 * @see https://www.w3.org/TR/xml/
 */
export function parseXml(bytes: Uint8Array, subject: Subject): XmlElement {
  const text = readUtf8(bytes)
  const root = text === undefined || FORBIDDEN.test(text) ? undefined : readDocument(text)
  if (root === undefined) throw new Failure(subject.code, `${subject.name} is not valid XML`)
  return root
}

function readUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/**
 * The text of the element at a path below the root, `undefined` when there is none. Names are matched without regard to
 * case, as the SDKs do, and the first match counts at each level.
 */
export function textAt(root: XmlElement, path: readonly string[]): string | undefined {
  let element: XmlElement | undefined = root
  for (const name of path) {
    const wanted = name.toLowerCase()
    element = element?.children.find((child) => child.name.toLowerCase() === wanted)
  }
  return element?.text
}

/** An element whose end has not been read yet; `tag` is its name with prefix, which the end tag must repeat. */
interface OpenElement {
  readonly tag: string
  readonly children: XmlElement[]
  text: string
}

/** One pass over the text; `undefined` as soon as it is not well-formed. */
function readDocument(text: string): XmlElement | undefined {
  // Stands above the root, so that the root is read like every other element.
  const document: OpenElement = { tag: '', children: [], text: '' }
  const open = [document]
  let count = 0
  let at = 0
  while (at < text.length) {
    const parent = open.at(-1) ?? document
    const piece = readPiece(text, at)
    if (piece === undefined) return undefined
    const raw = text.slice(at, piece.end)
    at = piece.end
    switch (piece.kind) {
      case 'skip':
        break
      case 'text':
        // Beside the root there may be white space only, not even CDATA or a reference (XML 1.0, 2.1 and 2.8).
        if (parent === document && !isBlank(raw)) return undefined
        parent.text += piece.text
        break
      case 'start':
        count += 1
        if (count > MAX_ELEMENTS || open.length > MAX_DEPTH) return undefined
        if (piece.isEmpty) parent.children.push(close({ tag: piece.tag, children: [], text: '' }))
        else open.push({ tag: piece.tag, children: [], text: '' })
        break
      case 'end': {
        if (open.length === 1 || parent.tag !== piece.tag) return undefined
        open.pop()
        open.at(-1)?.children.push(close(parent))
        break
      }
    }
  }
  return open.length === 1 && document.children.length === 1 ? document.children[0] : undefined
}

function close({ tag, text, children }: OpenElement): XmlElement {
  return { name: tag.slice(tag.indexOf(':') + 1), text, children }
}
