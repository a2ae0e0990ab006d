import { expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { Spec, Validation } from '@cyclonedx/cyclonedx-library'
import * as v from 'valibot'

import { dependencies } from '../../package.json'
import { COMPONENTS, revisionOf, sourceOf } from '../../src/release/components.ts'
import { formatNotices } from '../../src/release/notices.ts'
import { TARGETS } from '../../src/release/package.ts'
import { formatSbom, PACKAGES } from '../../src/release/sbom.ts'
import { digest, encode } from '../../src/release/tar.ts'
import { makeFolder, NAMES, needs, NO_PORTABLE, NO_RELEASE, unpack } from './support.ts'

// What is declared to be in the binary: the bill of materials, and the notices.

setDefaultTimeout(300_000)

const folder = makeFolder('sbom')

const Part = v.object({ name: v.string(), version: v.optional(v.string()) })
const Sbom = v.object({
  serialNumber: v.string(),
  metadata: v.object({
    component: v.object({ hashes: v.array(v.object({ content: v.string() })) }),
  }),
  components: v.array(v.object({ ...Part.entries, components: v.optional(v.array(Part)) })),
})
const parse = (text: string) => v.parse(Sbom, JSON.parse(text))

// One for all: it compiles the schema.
const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6)
const isValid = async (text: string) => (await validator.validate(text)) === null

const SOURCE = { version: '1.2.3', commit: 'a'.repeat(40), mtimeSeconds: 1_000_000_000 }
const [x64, arm64] = TARGETS

/** The version of Bun that the list was last compared with: its LICENSE.md, and the keys of its `process.versions`. */
const REVIEWED_BUN = '1.4.5'

/** Keys of `process.versions` that name no library in the Linux binary: Bun itself, and interfaces that it offers. */
const NO_COMPONENT: ReadonlySet<string> = new Set([
  'bun',
  'node',
  'modules',
  'napi',
  'openssl', // What BoringSSL claims to be compatible with.
  'unicode', // Part of ICU.
  'uv', // Linked on Windows only.
  'v8',
])

test('Bun is the version whose components were last looked through', () => {
  // A new Bun: compare components.json with its LICENSE.md, and only then change this.
  expect(REVIEWED_BUN).toBe(Bun.version)
})

test('every revision that Bun tells is one of a component that is listed', () => {
  const listed = COMPONENTS.flatMap(({ key }) => (key === undefined ? [] : [key]))
  expect([...listed, ...NO_COMPONENT].toSorted()).toEqual(Object.keys(process.versions).toSorted())
  for (const component of COMPONENTS)
    expect(revisionOf(component)).toMatch(/^[0-9a-f]{40}$|^\d+\.\d/)
  expect(COMPONENTS.filter((component) => sourceOf(component).includes('@'))).toEqual([])
})

test('the packages that are compiled in are those of package.json', () => {
  const names: readonly string[] = PACKAGES.map(({ name }) => name)
  expect(names).toEqual(Object.keys(dependencies).toSorted())
})

test('a document that is not valid is found out', async () => {
  if (x64 === undefined) throw new Error('no target')
  const text = formatSbom(SOURCE, x64, encode('binary'))
  expect(await isValid(text)).toBe(true)
  expect(await isValid(text.replace('"Apache-2.0"', '"Apache"'))).toBe(false)
  expect(await isValid(text.replace('"urn:uuid:', '"'))).toBe(false)
})

test('the same binary has the same serial number, another one another', () => {
  if (x64 === undefined || arm64 === undefined) throw new Error('no target')
  const serial = (content: string, libraries?: ReadonlyMap<string, Uint8Array>) =>
    parse(formatSbom(SOURCE, x64, encode(content), libraries)).serialNumber
  const portable = new Map([['libc.so.6', encode('libc')]])
  const all = [serial('a'), serial('b'), serial('a', portable)]
  expect(serial('a')).toBe(all[0] ?? '')
  expect(new Set(all).size).toBe(3)
  for (const each of all)
    expect(each).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
})

for (const [name, binary, reason] of [
  [NAMES.x64, 'ecr-credential-provider', NO_RELEASE],
  [NAMES.arm64, 'ecr-credential-provider', NO_RELEASE],
  [NAMES.portable, 'glibc/ecr-credential-provider', NO_PORTABLE],
] as const) {
  needs(reason)(`the bill of materials of ${name} is valid, and of that binary`, async () => {
    const top = unpack(name, folder)
    const text = readFileSync(join(top, 'sbom.cdx.json'), 'utf8')
    expect(await isValid(text)).toBe(true)
    const { metadata, components } = parse(text)
    expect(metadata.component.hashes.map(({ content }) => content)).toEqual([
      digest('sha256', readFileSync(join(top, binary))),
    ])
    const runtime = name === NAMES.arm64 ? '@oven/bun-linux-aarch64' : '@oven/bun-linux-x64'
    const parts = components.map((part) => `${part.name} ${part.version}`)
    const packages = Object.entries(dependencies).map((entry) => entry.join(' '))
    const glibc = name === NAMES.portable ? ['libc6 2.36-9+deb12u14'] : []
    expect(parts).toEqual([...packages, `${runtime} ${Bun.version}`, ...glibc])
    const inside = components.find((part) => part.name === runtime)?.components ?? []
    expect(inside.find((part) => part.name.startsWith('WebKit'))?.version).toBe(
      process.versions['webkit'],
    )
    expect(inside.length).toBe(COMPONENTS.length)
  })
}

test('the notices name every component with its licence, copyright and source, and each licence in full', () => {
  const notices = formatNotices()
  for (const component of COMPONENTS) {
    const { name, licence, copyright } = component
    const entry = [
      name,
      `  licence: ${licence}`,
      `  copyright: ${copyright}`,
      `  revision: ${revisionOf(component)}`,
      `  source: ${sourceOf(component)}`,
    ].join('\n')
    expect([name, notices.includes(`${entry}\n`)]).toEqual([name, true])
    for (const id of licence.replaceAll(/ WITH \S+/g, '').split(' AND '))
      expect([id, notices.includes(`\nLicence ${id}\n`)]).toEqual([id, true])
  }
  for (const sentence of [
    'GNU LIBRARY GENERAL PUBLIC LICENSE',
    'GNU LESSER GENERAL PUBLIC LICENSE',
    'Permission is hereby granted, free of charge',
    'Copyright 2018 Michael Hart', // aws4fetch's own file
    'Copyright (c) Fabian Hiller', // valibot's
  ]) {
    expect([sentence, notices.includes(sentence)]).toEqual([sentence, true])
  }
})

test('for what is under the LGPL the notices say where its source is, at this revision', () => {
  const lgpl = COMPONENTS.filter(({ licence }) => licence.includes('LGPL')).map(({ name }) => name)
  expect(lgpl).toEqual(['WebKit (JavaScriptCore, WTF, WebCore)', 'tinycc'])
  const section = formatNotices().split('Libraries under the LGPL')[1] ?? ''
  expect(section).toContain(`https://github.com/oven-sh/WebKit/tree/${process.versions['webkit']}`)
  expect(section).toContain(`https://github.com/oven-sh/tinycc/tree/${process.versions['tinycc']}`)
})
