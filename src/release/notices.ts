import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import * as v from 'valibot'

import { COMPONENTS, revisionOf, sourceOf } from './components.ts'
import { GLIBC } from './glibc.ts'
import { PACKAGES } from './sbom.ts'
import { ROOT } from './source.ts'

/** Of the GNU library that may be linked with anything, as long as it can be replaced. */
const LGPL = COMPONENTS.filter(({ licence }) => licence.includes('LGPL'))

/**
 * The notices of everything in the binary that is not ours: the two packages with their own licence files, the runtime's
 * components with revision, copyright and source, and each licence once, in SPDX's text.
 *
 * @param glibc - Debian's copyright file of the C library, where that is shipped too.
 */
export function formatNotices(glibc?: string): string {
  const packages = PACKAGES.map(({ name }) => {
    const file = name === 'valibot' ? 'LICENSE.md' : 'LICENSE'
    return section(name, readFileSync(join(ROOT, 'node_modules', name, file), 'utf8'))
  })
  const rows = COMPONENTS.map((component) =>
    [
      component.name,
      `  licence: ${component.licence}`,
      `  copyright: ${component.copyright}`,
      `  revision: ${revisionOf(component)}`,
      `  source: ${sourceOf(component)}`,
    ].join('\n'),
  )
  const words = COMPONENTS.flatMap(({ licence }) => licence.split(/ (?:AND|OR) /))
  const licences = [...new Set(words.map((word) => word.replace(/ WITH .*/, '')))].toSorted()
  return [
    'This program is licensed under the Apache License 2.0: see LICENSE. It contains software of others, listed here.\n',
    ...packages,
    section(
      `Bun ${Bun.version} (${Bun.revision})`,
      `MIT, by Oven and contributors: https://github.com/oven-sh/bun/tree/${Bun.revision}\n\nBun is the runtime that the program is appended to. It declares that it contains:\n\n${rows.join('\n\n')}\n`,
    ),
    section('Libraries under the LGPL', formatRelinking()),
    ...(glibc === undefined
      ? []
      : [section(`GNU C Library, Debian ${GLIBC.version}`, formatGlibc(glibc))]),
    ...licences.map((id) => section(`Licence ${id}`, readLicence(id))),
  ].join('\n')
}

function formatRelinking(): string {
  const sources = LGPL.map((component) => `- ${component.name}: ${sourceOf(component)}`)
  return `The source of these parts, at the revisions in this binary:

${sources.join('\n')}

You may change them and link the binary anew. Bun's source (https://github.com/oven-sh/bun/tree/${Bun.revision}) says how to
build Bun with a WebKit and a tinycc of your own (LICENSE.md, "bun run build:local"). In a clone of this project, at the
commit that --version shows, run that Bun: "npm ci && YOUR-BUN src/build.ts" appends the program to it.
`
}

function formatGlibc(copyright: string): string {
  return `Unchanged files of Debian's package ${GLIBC.package}; their source is at ${GLIBC.source}.
To use others, replace them. Debian's record of their copyright:

${copyright}`
}

function section(title: string, text: string): string {
  return `${'='.repeat(78)}\n${title}\n${'='.repeat(78)}\n\n${text.trimEnd()}\n`
}

const Licence = v.object({ licenseText: v.string() })

function readLicence(id: string): string {
  const path = join(ROOT, 'node_modules/spdx-license-list/licenses', `${id}.json`)
  return v.parse(Licence, JSON.parse(readFileSync(path, 'utf8'))).licenseText
}
