import type { Service } from './service.ts'

const pattern =
  /^(?:api\.)?(ecr-public|ecr|sts|oidc|portal\.sso)(?:-fips)?\.([a-z]{2,4}(?:-[a-z]+)+-\d+)\./

/** The region in the name of a real AWS endpoint, or `undefined` for any other host. */
export function readHostRegion(host: string | undefined): string | undefined {
  return pattern.exec(host ?? '')?.[2]
}

/** The service behind the name of a real AWS endpoint, or `undefined` for any other host. */
export function readHostService(host: string): Service | undefined {
  if (/^\d{12}\.dkr\.ecr\.|^public\.ecr\.aws$/.test(host)) return 'registry'
  const name = pattern.exec(host)?.[1]
  return services.get(name ?? '')
}

const services: ReadonlyMap<string, Service> = new Map([
  ['ecr', 'ecr'],
  ['ecr-public', 'ecr-public'],
  ['sts', 'sts'],
  ['portal.sso', 'sso'],
  ['oidc', 'oidc'],
] as const)
