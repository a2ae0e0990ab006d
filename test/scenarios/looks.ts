import { readFileSync, writeFileSync } from 'node:fs'

import type { World } from '../world/world.ts'
import type { Scenario } from './scenario.ts'
import { LATER, logIn, SESSION, tokenFile } from './sources.ts'

const PROFILE = '[default]\nKEYS(p)'
const MARK = '\uFEFF'

function markTokenFile(world: World): void {
  logIn('corp', LATER)(world)
  const file = tokenFile(world, 'corp')
  writeFileSync(file, `${MARK}${readFileSync(file, 'utf8')}`)
}

/** A byte order mark says how a file is written, and is no part of it. */
const MARKED: readonly Scenario[] = [
  { name: 'a byte order mark before a config file', config: `${MARK}${PROFILE}`, signer: 'p' },
  {
    name: 'a byte order mark before a credentials file',
    credentials: `${MARK}${PROFILE}`,
    signer: 'p',
  },
  {
    name: 'a byte order mark before a comment',
    config: `${MARK}# mine\r\n[default]\r\nregion = eu-west-1\r\n`,
    credentials: `${MARK}; mine\r\n${PROFILE}`,
    signer: 'p',
  },
  {
    name: 'byte order marks where files were put together',
    env: { AWS_PROFILE: 'q' },
    credentials: `${MARK}${PROFILE}${MARK}[q]\nKEYS(q)${MARK}${MARK}[r]\nKEYS(r)`,
    signer: 'q',
  },
  {
    name: 'a byte order mark before a web identity token',
    env: { AWS_WEB_IDENTITY_TOKEN_FILE: 'DIR/token', AWS_ROLE_ARN: 'ROLE(w)' },
    files: { token: `${MARK}sentinel-jwt` },
    sent: ['&WebIdentityToken=sentinel-jwt'],
    signer: 'assumed-role/w/ecr-credential-provider',
  },
  {
    name: 'a byte order mark before an authorization token',
    env: {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: 'URL(container)',
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'DIR/token',
    },
    files: { token: `${MARK}sentinel-pod` },
    sent: ['\nauthorization: sentinel-pod\n'],
    signer: 'role/container-role',
  },
  {
    name: 'a byte order mark before an SSO token',
    config: SESSION,
    prepare: markTokenFile,
    steps: 'sso-credentials ecr',
  },
]
export const LOOKS: readonly Scenario[] = [...MARKED]
