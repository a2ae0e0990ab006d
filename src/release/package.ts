import type { Entry } from './tar.ts'

/** The name of the program, its packages and their folder. */
export const PROGRAM = 'ecr-credential-provider'

/** Whom a package names; the address is in SECURITY.md. */
export const MAINTAINER = `The maintainers of ${PROGRAM}`

/** A kind of machine, under the names that each world has for it. */
export interface Target {
  readonly name: 'linux-x64' | 'linux-arm64'
  readonly cpu: 'x64' | 'arm64'
  /** The runtime's package in the lockfile. */
  readonly runtime: '@oven/bun-linux-x64' | '@oven/bun-linux-aarch64'
  readonly debian: 'amd64' | 'arm64'
  readonly rpm: 'x86_64' | 'aarch64'
}

/** What is released. musl is not: it needs libstdc++ on the host. */
export const TARGETS: readonly Target[] = [
  {
    name: 'linux-x64',
    cpu: 'x64',
    runtime: '@oven/bun-linux-x64',
    debian: 'amd64',
    rpm: 'x86_64',
  },
  {
    name: 'linux-arm64',
    cpu: 'arm64',
    runtime: '@oven/bun-linux-aarch64',
    debian: 'arm64',
    rpm: 'aarch64',
  },
]

/** What a package of either kind is made from. */
export interface Package {
  /** Of the program; both kinds take `~` for what comes before a version. */
  readonly version: string
  readonly target: Target
  readonly mtimeSeconds: number
  /** With the folders that are the package's own. */
  readonly files: readonly Entry[]
  /** Shell scripts; they tell dpkg from rpm by their first argument. */
  readonly scripts: { readonly installed: string; readonly removed: string }
}

export const SUMMARY = 'kubelet credential provider for Amazon ECR'

/** Lines; an empty one divides paragraphs. */
export const DESCRIPTION: readonly string[] = [
  'The plugin that a Kubernetes kubelet runs to get a registry password for images',
  'in Amazon ECR. Installing it changes no configuration and restarts nothing: the',
  "kubelet's own flags name the plugin's folder and configuration.",
  '',
  'Do not strip the binary: the program is appended to the runtime, and gets lost.',
]
