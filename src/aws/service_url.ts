import { failure, quote } from '../base/failure.ts'
import { type Found, validate } from '../config/settings.ts'
import { SERVICE_URL, SETTINGS } from '../config/settings_table.ts'
import type { Context } from './context.ts'
import { type EndpointForm, type Service, serviceHost } from './endpoints.ts'

/** A service where it is wanted; `form` is what the registry's host asks for, beside what the settings ask for. */
interface ServiceRequest {
  readonly service: Service
  readonly region: string
  readonly form?: EndpointForm
}

type Configured = Pick<Context, 'settings' | 'config'>

/**
 * The URL of a service: a configured one, else the one of AWS for the region and form.
 *
 * @throws {Failure} `config_value` - a configured URL is malformed; `config_endpoint_form` - it stands beside a setting for
 * FIPS or dual-stack, which it would silently undo.
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export function serviceUrl({ service, region, form }: ServiceRequest, context: Configured): string {
  const { settings } = context
  const configured = configuredUrl(service, context)
  const fips = settings.get(SETTINGS.fips)
  const dualStack = settings.get(SETTINGS.dualStack)
  if (configured === undefined) {
    const host = serviceHost(service, region, {
      ...form,
      fips: form?.fips === true || fips?.value === true,
      dualStack: form?.dualStack === true || dualStack?.value === true,
    })
    return `https://${host}/`
  }
  const contradiction = [fips, dualStack].find((setting) => setting?.value === true)
  if (contradiction === undefined) return configured.value
  throw failure('config_endpoint_form', { origin: configured.origin, other: contradiction.origin })
}

function configuredUrl(service: Service, context: Configured): Found<string> | undefined {
  const { settings } = context
  if (settings.get(SETTINGS.ignoreEndpoints)?.value === true) return undefined
  const own = settings.get(SETTINGS[service])
  if (own !== undefined) return own
  const all = settings.get(SETTINGS.endpoint)
  // As in the AWS SDK for Go, AWS_ENDPOINT_URL takes precedence over the services section.
  if (all?.origin === SETTINGS.endpoint.env[0]) return all
  return inServicesSection(service.replace('-', '_'), context) ?? all
}

function inServicesSection(key: string, context: Configured): Found<string> | undefined {
  const { settings, config } = context
  const name = settings.get(SETTINGS.services)?.value
  const service = config.get(`services ${name ?? ''}`)?.values.get(key)
  const value = service?.nested.get('endpoint_url') ?? ''
  if (service === undefined || value === '') return undefined
  const origin = `endpoint_url of ${key} in ${quote(service.file)} line ${service.line}`
  return validate(SERVICE_URL, { value, origin })
}
