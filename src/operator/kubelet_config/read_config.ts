import type { Provider, TokenAttributes } from './finding.ts'
import { inside } from './place.ts'
import {
  readBoolean,
  type Reading,
  readList,
  readMapping,
  readText,
  readTexts,
} from './read_fields.ts'
import { apiVersions, TOKEN_GATED_MINOR, TOKEN_MINOR } from './version.ts'

/** A `CredentialProviderConfig`, as strictly as the kubelet decodes it. */
export function readConfig(value: unknown, reading: Reading): readonly Provider[] {
  const { report, minor } = reading
  const fields = readMapping(value, '', ['apiVersion', 'kind', 'providers'], reading)
  if (fields === undefined) {
    const fix = 'print one with ecr-credential-provider config'
    if (value === null || value === undefined)
      report('refused', 'empty_file', '', 'has no content', fix)
    return []
  }
  const apiVersion = readText(fields.get('apiVersion'), 'apiVersion', reading)
  checkType(apiVersion, readText(fields.get('kind'), 'kind', reading), reading)
  const hasTokens = minor >= TOKEN_GATED_MINOR && !/\/v1(?:alpha|beta)1$/.test(apiVersion)
  const found = readList(fields.get('providers'), 'providers', reading).map((each, at) =>
    readProvider(each, inside('providers', at), hasTokens, reading),
  )
  const fix = "add one, with 'name: ecr-credential-provider'"
  if (found.length === 0) report('refused', 'no_providers', 'providers', 'has no entry', fix)
  return found
}

function checkType(apiVersion: string, kind: string, { report, minor }: Reading): void {
  const known = apiVersions('kubelet.config.k8s.io', minor)
  if (!known.includes(apiVersion)) {
    const other = `is not one that a kubelet of 1.${minor} reads here`
    const problem = apiVersion === '' ? 'is missing' : other
    const fix = `write apiVersion: ${known[0]}`
    report('refused', 'config_api_version', 'apiVersion', problem, fix)
  }
  if (kind !== 'CredentialProviderConfig') {
    const problem = kind === '' ? 'is missing' : 'is not CredentialProviderConfig'
    report('refused', 'config_kind', 'kind', problem, 'write kind: CredentialProviderConfig')
  }
}

function readProvider(
  value: unknown,
  field: string,
  hasTokens: boolean,
  reading: Reading,
): Provider {
  const names = ['name', 'matchImages', 'defaultCacheDuration', 'apiVersion', 'args', 'env']
  const known = hasTokens ? [...names, 'tokenAttributes'] : names
  const fields = readMapping(value, field, known, reading)
  const text = (name: string) => readText(fields?.get(name), inside(field, name), reading)
  const texts = (name: string) => readTexts(fields?.get(name), inside(field, name), reading)
  const duration = fields?.get('defaultCacheDuration')
  const isMissing = duration === undefined || duration === null
  return {
    field,
    name: text('name'),
    apiVersion: text('apiVersion'),
    matchImages: texts('matchImages'),
    defaultCacheDuration: isMissing ? undefined : text('defaultCacheDuration'),
    args: texts('args'),
    env: readEnv(fields?.get('env'), inside(field, 'env'), reading),
    tokenAttributes: readTokenAttributes(
      fields?.get('tokenAttributes'),
      inside(field, 'tokenAttributes'),
      reading,
    ),
  }
}

function readEnv(value: unknown, field: string, reading: Reading): Provider['env'] {
  return readList(value, field, reading).map((each, at) => {
    const own = inside(field, at)
    const fields = readMapping(each, own, ['name', 'value'], reading)
    const text = (name: string) => readText(fields?.get(name), inside(own, name), reading)
    return { name: text('name'), value: text('value') }
  })
}

function readTokenAttributes(
  value: unknown,
  field: string,
  reading: Reading,
): TokenAttributes | undefined {
  const names = [
    'serviceAccountTokenAudience',
    'requireServiceAccount',
    'requiredServiceAccountAnnotationKeys',
    'optionalServiceAccountAnnotationKeys',
  ]
  const known = reading.minor >= TOKEN_MINOR ? [...names, 'cacheType'] : names
  const fields = readMapping(value, field, known, reading)
  if (fields === undefined) return undefined
  const texts = (name: string) => readTexts(fields.get(name), inside(field, name), reading)
  const text = (name: string) => readText(fields.get(name), inside(field, name), reading)
  const required = fields.get('requireServiceAccount')
  return {
    audience: text('serviceAccountTokenAudience'),
    cacheType: text('cacheType'),
    requireServiceAccount: readBoolean(required, inside(field, 'requireServiceAccount'), reading),
    requiredAnnotations: texts('requiredServiceAccountAnnotationKeys'),
    optionalAnnotations: texts('optionalServiceAccountAnnotationKeys'),
  }
}
