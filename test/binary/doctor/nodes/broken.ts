import type { Node } from '../node.ts'

/** A node with something wrong with it, and what `doctor` must find: `status id cause`, in order. */
export interface Broken {
  readonly name: string
  readonly node: Node
  readonly verdict: 'ok' | 'fail' | 'unknown'
  readonly found: readonly string[]
  /** What the text must say. */
  readonly says?: RegExp
}

/** The host of a private registry, as AWS names it. */
export const ECR = '123456789012.dkr.ecr.us-west-2.amazonaws.com'

/** In front of the real names of AWS, which the proxy leads into the world. */
export const REAL = {
  gate: {},
  names: [
    ECR,
    'api.ecr.us-west-2.amazonaws.com',
    'public.ecr.aws',
    'api.ecr-public.us-east-1.amazonaws.com',
  ],
  image: `${ECR}/team/app:1`,
  env: { AWS_ENDPOINT_URL_ECR: undefined, AWS_ENDPOINT_URL_ECR_PUBLIC: undefined },
}
