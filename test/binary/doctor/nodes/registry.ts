import { addManifest, type Refusal } from '../../../world/registry.ts'
import type { World } from '../../../world/world.ts'
import { type Broken, REAL } from './broken.ts'

const USER =
  'User: arn:aws:sts::111111111111:assumed-role/node-role/i-0abc is not authorized to perform:'

function refusing(refusal: Partial<Refusal> & { readonly message: string }) {
  return (world: World) => {
    const repository = world.state.registry.repositories.get('team/app')
    if (repository !== undefined) repository.refusal = { status: 403, code: 'DENIED', ...refusal }
  }
}

/** What goes wrong between a password and an image. */
export const REGISTRY_NODES: readonly Broken[] = [
  {
    name: 'a password that the registry does not know',
    node: {
      faults: [{ service: 'registry', fault: { kind: 'answer', status: 401 } }],
    },
    verdict: 'fail',
    found: ['fail registry.password registry_password'],
  },
  {
    name: 'a registry that refuses connections',
    node: { line: { service: 'registry', fault: { kind: 'refuse' } } },
    verdict: 'fail',
    found: ['fail registry.connection connect_refused'],
    says: /ecr\.dkr/,
  },
  {
    name: 'a repository of another account',
    node: {
      ...REAL,
      prepare: refusing({
        message: `${USER} ecr:BatchGetImage on resource: arn:aws:ecr:us-west-2:123456789012:repository/team/app because no resource-based policy allows the ecr:BatchGetImage action`,
      }),
    },
    verdict: 'fail',
    found: ['fail registry.manifest registry_denied_repository'],
    says: /its account 123456789012 must allow the node's account 111111111111: /,
  },
  {
    name: 'an identity that may not pull',
    node: {
      prepare: refusing({
        message: `${USER} ecr:BatchGetImage on resource: x because no identity-based policy allows the ecr:BatchGetImage action sentinel-x`,
      }),
    },
    verdict: 'fail',
    found: ['fail registry.manifest registry_denied_identity'],
  },
  {
    name: 'a VPC endpoint that lets no pull through',
    node: {
      prepare: refusing({
        message: `${USER} ecr:BatchGetImage because no VPC endpoint policy allows the ecr:BatchGetImage action`,
      }),
    },
    verdict: 'fail',
    found: ['fail registry.manifest registry_denied_endpoint'],
  },
  {
    name: 'a deny of the organization',
    node: {
      prepare: refusing({
        message: `${USER} ecr:BatchGetImage with an explicit deny in a service control policy`,
      }),
    },
    verdict: 'fail',
    found: ['fail registry.manifest registry_denied_organization'],
    says: /service control policy .*administrator of the AWS organization must allow ecr:BatchGetImage/,
  },
  {
    name: 'a denial in words that nobody knows',
    node: { prepare: refusing({ message: 'sentinel-words' }) },
    verdict: 'fail',
    found: ['fail registry.manifest registry_denied'],
  },
  {
    name: 'a repository that is not there',
    node: { image: 'HOST(registry)/dockerhub/library/nginx:1' },
    verdict: 'fail',
    found: ['fail registry.manifest registry_repository'],
    says: /--region us-west-2: with a rule for it, the identity \(instance role 'node-role'\) needs ecr:CreateRepository/,
  },
  {
    name: 'a tag that is not there',
    node: { image: 'HOST(registry)/team/app:2' },
    verdict: 'fail',
    found: ['fail registry.manifest registry_image'],
  },
  {
    name: 'no image for this architecture',
    node: {
      image: 'HOST(registry)/app:odd',
      prepare: ({ state }) => {
        const app = state.registry.repositories.get('app')
        if (app !== undefined)
          addManifest(app, 'odd', 'application/vnd.oci.image.index.v1+json', {
            manifests: [
              {
                digest: `sha256:${'0'.repeat(64)}`,
                platform: { os: 'windows', architecture: 'amd64' },
              },
            ],
          })
      },
    },
    verdict: 'fail',
    found: ['fail registry.platform registry_platform'],
  },
  {
    name: 'layers that the VPC endpoint of S3 keeps back',
    node: { faults: [{ service: 'storage', fault: { kind: 'answer', status: 403 } }] },
    verdict: 'fail',
    found: ['fail registry.layers storage_denied'],
    says: /\(S3\), or from a proxy in between .*prod-us-west-2-starport-layer-bucket/,
  },
  {
    name: 'layers that cannot be reached',
    node: { line: { service: 'storage', fault: { kind: 'refuse' } } },
    verdict: 'fail',
    found: ['fail registry.layers storage_unreachable'],
  },
  {
    name: 'ECR Public refuses the password',
    node: {
      ...REAL,
      image: 'public.ecr.aws/app:1',
      prepare: ({ state }) => {
        state.registry.isPublic = true
      },
      faults: [{ service: 'registry', fault: { kind: 'answer', status: 401 } }],
    },
    verdict: 'fail',
    found: ['fail registry.password registry_password'],
  },
]
