import { expect } from 'bun:test'

import fc from 'fast-check'

import { judgeKubeletConfig } from '../../../src/operator/kubelet_config/check.ts'
import { matchesImage } from '../../../src/operator/kubelet_config/image_match.ts'
import type { Node } from '../../../src/operator/kubelet_config/make.ts'
import { inside } from '../../../src/operator/kubelet_config/place.ts'
import { scanYaml } from '../../../src/operator/kubelet_config/scan.ts'
import { writeYaml } from '../../../src/operator/kubelet_config/yaml.ts'
import { matchImage } from '../../world/match.ts'
import { SENTINEL, target } from './target.ts'

const LINES = [
  'apiVersion: kubelet.config.k8s.io/v1',
  'kind: CredentialProviderConfig',
  'providers:',
  '  - name: ecr-credential-provider',
  '    apiVersion: credentialprovider.kubelet.k8s.io/v1',
  '    matchImages:',
  "      - '*.dkr.ecr.*.amazonaws.com'",
  '    matchImages: [a, "b", {c: d}]',
  '    defaultCacheDuration: 12h',
  '    env:',
  '      - name: A',
  `        value: ${SENTINEL}`,
  `        value: "${SENTINEL}`,
  `    args: ['${SENTINEL}', |`,
  `    args: [--${SENTINEL}]`,
  '    tokenAttributes: {}',
  '---',
  '\t',
  '-',
  '- - {',
  '? a',
  '&a *a',
  '{"a": [1, {"b": null',
  '}]',
  '',
]
const text = fc
  .tuple(fc.array(fc.constantFrom(...LINES), { maxLength: 10 }), fc.boolean())
  .map(([lines, hasHead]) => [...(hasHead ? LINES.slice(0, 7) : []), ...lines].join('\n'))

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,6}$/)
const scalar = fc.oneof(
  fc.boolean(),
  fc.string({ unit: 'grapheme-ascii' }),
  fc.constantFrom('yes', '1', '~', ''),
)
const { value } = fc.letrec<{ readonly value: Node }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('value'), { minLength: 1, maxLength: 3 }),
    fc.dictionary(name, tie('value'), { minKeys: 1, maxKeys: 3 }),
  ),
}))
const document = fc.dictionary(name, value, { minKeys: 1, maxKeys: 4 })

/** Every field of a value, with the number of the line that it begins on when one line has one field. */
function fieldsOf(node: Node, field: string): readonly string[] {
  if (typeof node !== 'object') return []
  const entries: readonly (readonly [string | number, Node])[] = Array.isArray(node)
    ? node.map((own: Node, at) => [at, own] as const)
    : Object.entries(node)
  return entries.flatMap(([key, own]) => [inside(field, key), ...fieldsOf(own, inside(field, key))])
}

const label = fc.constantFrom('*', 'a', 'a*', 'ab', 'ecr', 'e*r', '*.', 'A', 'a-b', '')
const reference = fc
  .tuple(
    fc.constantFrom('', '', '', 'u@'),
    fc.array(label, { minLength: 1, maxLength: 4 }),
    fc.constantFrom('', '', ':443', ':5000', ':'),
    fc.constantFrom('', '/', '/a', '/ab', '/a/b', '/*', '/a?b', '#x'),
  )
  .map(([front, labels, port, path]) => `${front}${labels.join('.')}${port}${path}`)

/** The properties of the commands about the kubelet's configuration. */
export const KUBELET_CONFIG = [
  target('judgeKubeletConfig ends, with lines that are there and no value of env or args', {
    inputs: text,
    judge: (input) => {
      const count = input.split('\n').length
      for (const finding of judgeKubeletConfig(input, 36).findings) {
        expect(JSON.stringify(finding)).not.toContain(SENTINEL)
        if (finding.line !== undefined) expect(finding.line).toBeWithin(1, count + 1)
      }
    },
  }),
  target('writeYaml writes what is read again, and scanYaml finds every field, as in JSON', {
    inputs: document,
    judge: (input) => {
      const yaml = writeYaml(input)
      expect(Bun.YAML.parse(yaml)).toEqual(input)
      for (const written of [yaml, JSON.stringify(input, undefined, 2)]) {
        const scan = scanYaml(written)
        expect([...scan.found.keys()].toSorted()).toEqual(fieldsOf(input, '').toSorted())
        expect(scan.duplicates).toEqual([])
        const lines = written.split('\n')
        for (const [field, { line }] of scan.found) {
          const key = /[^.[\]]+$/.exec(field.replace(/\[\d+\]$/, ''))?.[0] ?? ''
          if (!field.endsWith(']')) expect(lines[line - 1]).toContain(key)
        }
      }
    },
  }),
  target('matchesImage agrees with the world of the tests', {
    inputs: fc.tuple(reference, reference),
    judge: ([pattern, image]) => {
      expect(matchesImage(pattern, image)).toBe(matchImage(pattern, image))
    },
  }),
]
