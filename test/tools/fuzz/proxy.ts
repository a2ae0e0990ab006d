import { expect } from 'bun:test'

import fc from 'fast-check'

import { findProxy } from '../../../src/net/proxy/rules.ts'
import { acceptedBy, SENTINEL, target } from './target.ts'

const URL_OF_AWS = new URL('https://h.example/')

const piece = fc.constantFrom(
  SENTINEL,
  '://',
  ':',
  '@',
  '/',
  '.',
  ',',
  '[',
  ']',
  '*',
  '10.0.0.0',
  '/8',
  'h',
  ' ',
  '::1',
  '%',
)
const texts = fc.array(piece).map((parts) => parts.join(''))
const letter = fc.constantFrom('1', '12', 'x', ':', '/', '//', '?', '#', '@', '\\', '%', '[', ' ')
const noise = fc.array(letter, { maxLength: 4 }).map((parts) => parts.join(''))
const scheme = fc.constantFrom('', 'http://', 'https://')

/** However badly a proxy is written, its password stays where it is. */
export const PROXY = [
  target('findProxy() throws nothing but a Failure, and shows nothing of what it was given', {
    inputs: fc.record({ HTTPS_PROXY: texts, NO_PROXY: texts }),
    judge: (env) => acceptedBy(() => findProxy(URL_OF_AWS, env)),
  }),
  target('findProxy() shows no user information', {
    inputs: fc.tuple(scheme, noise, noise),
    judge: ([start, front, back]) => {
      const text = `${start}user-${SENTINEL}:${front}${SENTINEL}${back}@proxy.example:3128`
      const found = acceptedBy(() => findProxy(URL_OF_AWS, { HTTPS_PROXY: text }))
      if (found !== undefined) expect(found.name).toBe('proxy.example:3128 (from HTTPS_PROXY)')
    },
  }),
]
