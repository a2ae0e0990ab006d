import { COMPONENTS, revisionOf, sourceOf } from './components.ts'
import { readLocked } from './downloads.ts'
import { GLIBC } from './glibc.ts'
import { PROGRAM, type Target } from './package.ts'
import type { Source } from './source.ts'
import { digest } from './tar.ts'

/** The packages of npm that are compiled in, and their licences. */
export const PACKAGES = [
  { name: 'aws4fetch', licence: 'MIT' },
  { name: 'valibot', licence: 'MIT' },
] as const

/**
 * What is in a binary, in CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/). The same binary gets the same document: its
 * serial number is made from the binary's hash, and its time is that of the commit.
 *
 * @param libraries - the C library's files by name, where they are shipped beside the binary.
 */
export function formatSbom(
  source: Source,
  target: Target,
  binary: Uint8Array,
  libraries: ReadonlyMap<string, Uint8Array> = new Map(),
): string {
  const sha256 = digest('sha256', binary)
  const own = `${PROGRAM}@${source.version}`
  const runtime = describePackage(target.runtime, 'MIT')
  const inside = COMPONENTS.map((component) => ({
    type: 'library',
    'bom-ref': `bun/${component.name}`,
    name: component.name,
    version: revisionOf(component),
    licenses: [{ expression: component.licence }],
    copyright: component.copyright,
    externalReferences: [{ type: 'source-distribution', url: sourceOf(component) }],
  }))
  const packages = PACKAGES.map(({ name, licence }) => describePackage(name, licence))
  const glibc = libraries.size === 0 ? [] : [describeGlibc(libraries)]
  const parts = [...packages, runtime, ...glibc]
  const sbom = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${Bun.randomUUIDv5(`urn:sha256:${sha256}#${glibc.length}`, 'url')}`,
    version: 1,
    metadata: {
      timestamp: new Date(source.mtimeSeconds * 1000).toISOString(),
      component: {
        type: 'application',
        'bom-ref': own,
        name: PROGRAM,
        version: source.version,
        hashes: [{ alg: 'SHA-256', content: sha256 }],
        licenses: [{ license: { id: 'Apache-2.0' } }],
        properties: [
          { name: 'commit', value: source.commit },
          { name: 'platform', value: target.name },
        ],
      },
    },
    components: [...packages, { ...runtime, components: inside }, ...glibc],
    dependencies: [
      { ref: own, dependsOn: parts.map((part) => part['bom-ref']) },
      { ref: runtime['bom-ref'], dependsOn: inside.map((part) => part['bom-ref']) },
    ],
    compositions: [
      { aggregate: 'complete', dependencies: [own] },
      // What Bun declares; nobody has taken its binary apart.
      { aggregate: 'incomplete_third_party_only', assemblies: [runtime['bom-ref']] },
    ],
  }
  return `${JSON.stringify(sbom, undefined, 2)}\n`
}

/** A library that has a package URL, which is also what other parts of the document call it by. */
function describeLibrary(purl: string, name: string, version: string) {
  return { type: 'library', 'bom-ref': purl, name, version, purl }
}

/** A package of npm, as the lockfile has it. */
function describePackage(name: string, licence: string) {
  const { version, sha512 } = readLocked(name)
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  const url = `https://www.npmjs.com/package/${name}/v/${version}`
  return {
    ...describeLibrary(purl, name, version),
    licenses: [{ license: { id: licence } }],
    // Of the archive that npm has, not of a file in it.
    externalReferences: [
      { type: 'distribution', url, hashes: [{ alg: 'SHA-512', content: sha512 }] },
    ],
  }
}

function describeGlibc(libraries: ReadonlyMap<string, Uint8Array>) {
  const { package: name, version, architecture, sha256, source } = GLIBC
  const purl = `pkg:deb/debian/${name}@${version.replace('+', '%2B')}?arch=${architecture}&distro=debian-12`
  return {
    ...describeLibrary(purl, name, version),
    licenses: [{ expression: 'LGPL-2.1-or-later' }],
    externalReferences: [
      { type: 'source-distribution', url: source },
      { type: 'distribution', url: source, hashes: [{ alg: 'SHA-256', content: sha256 }] },
    ],
    components: [...libraries].map(([file, bytes]) => ({
      type: 'file',
      name: file,
      hashes: [{ alg: 'SHA-256', content: digest('sha256', bytes) }],
    })),
  }
}
