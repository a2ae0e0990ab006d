import { mkdirSync, utimesSync } from 'node:fs'

import { type Broken, ECR } from './broken.ts'

/** An hour from now. */
const LATER = new Date(Date.now() + 3_600_000)

/** What the kubelet and the configuration files get wrong. */
export const SETTINGS_NODES: readonly Broken[] = [
  {
    name: 'no such process',
    node: { words: ['--pid', '4194000'] },
    verdict: 'unknown',
    found: ['unknown kubelet.process kubelet_missing'],
  },
  {
    name: 'no credential provider flags',
    node: { flags: [] },
    verdict: 'fail',
    found: ['fail config.flags config_flags'],
  },
  {
    name: 'only one flag',
    node: { flags: ['--image-credential-provider-config', 'DIR/config.yaml'] },
    verdict: 'fail',
    found: ['fail config.flags config_flags'],
    says: /without --image-credential-provider-bin-dir/,
  },
  {
    name: 'a configuration that is not there',
    node: {
      flags: [
        '--image-credential-provider-config=DIR/none.yaml',
        '--image-credential-provider-bin-dir=DIR/bin',
      ],
    },
    verdict: 'fail',
    found: ['fail config.content file_unreadable'],
  },
  {
    name: 'an empty directory of configurations',
    node: {
      flags: [
        '--image-credential-provider-config=DIR/bin',
        '--image-credential-provider-bin-dir=DIR/bin',
      ],
    },
    verdict: 'fail',
    found: ['fail config.content directory_empty'],
  },
  {
    name: 'no pattern that matches',
    node: { matchImages: ['*.dkr.ecr.*.amazonaws.com.cn'], image: `${ECR}/app` },
    verdict: 'fail',
    found: ['fail config.image config_image'],
    says: /add '\*\.dkr\.ecr\.\*\.amazonaws\.com' to matchImages/,
  },
  {
    name: 'a pattern that fits no registry',
    node: { image: `${ECR}/app:1`, matchImages: ['*.amazonaws.com'] },
    verdict: 'fail',
    found: ['warn config.content pattern_no_registry', 'fail config.image config_image'],
    // One fix, for both.
    says: /is '\*\.amazonaws\.com', which fits no registry .* part of a host FAIL .* fits 123456789012\.dkr\S+: .*fix add '\*\.dkr\.ecr\.\*\.amazonaws\.com' to matchImages, .*; then systemctl restart kubelet settings/,
  },
  {
    name: 'an image of another registry, which no pattern matches',
    node: { matchImages: ['*.dkr.ecr.*.amazonaws.com'], image: 'docker.io/library/nginx' },
    verdict: 'fail',
    found: ['fail config.image config_image'],
    says: /not one of Amazon ECR, so no plugin is needed/,
  },
  {
    name: 'a binary that is not there',
    node: {
      flags: [
        '--image-credential-provider-config=DIR/config.yaml',
        '--image-credential-provider-bin-dir=DIR/none',
      ],
    },
    verdict: 'fail',
    found: ['fail config.binary config_binary'],
  },
  {
    name: 'a configuration that was changed',
    node: {
      later: ({ directory }) => utimesSync(`${directory}/config.yaml`, LATER, LATER),
    },
    verdict: 'ok',
    found: ['warn config.file config_changed'],
    says: /was changed at (\S+Z); the kubelet, which runs since (?!\1)\S+Z, has not .*systemctl restart kubelet.*: with the file on disk this node can pull this image\. Until it is restarted, the running kubelet still has the older one\./,
  },
  {
    name: 'service accounts',
    node: {
      more: 'tokenAttributes:\n  serviceAccountTokenAudience: sts.amazonaws.com\n  cacheType: ServiceAccount\n  requireServiceAccount: false\n  optionalServiceAccountAnnotationKeys: [eks.amazonaws.com/ecr-role-arn]',
    },
    verdict: 'ok',
    found: ['warn config.service_account config_service_account'],
  },
  {
    name: 'an unknown argument',
    node: { args: ['--mirror=HOST(registry)', '--irsa-rolex'] },
    verdict: 'fail',
    found: ['warn config.content args_unknown', 'fail settings.args usage_argument'],
  },
  {
    name: 'arguments of another command',
    node: { args: ['--help'] },
    verdict: 'fail',
    found: [
      'warn config.content pattern_not_ecr',
      'warn config.content args_command',
      'fail settings.args settings_args',
    ],
  },
  {
    name: 'more time than the kubelet gives',
    node: { args: ['--mirror=HOST(registry)=us-west-2', '--timeout=60'] },
    verdict: 'ok',
    found: ['warn config.content args_timeout'],
  },
  {
    name: 'an access key without its secret',
    node: { env: { AWS_ACCESS_KEY_ID: 'sentinel-id' } },
    verdict: 'ok',
    found: ['warn settings.keys settings_half_keys'],
    says: /AWS_ACCESS_KEY_ID/,
  },
  {
    name: 'a section without "profile"',
    node: { files: { '.aws/config': '[hybrid]\nregion = us-west-2\n' } },
    verdict: 'ok',
    found: ['warn settings.sections settings_section'],
  },
  {
    name: 'AWS_PROFILE with such a section',
    node: {
      env: { AWS_PROFILE: 'hybrid' },
      files: { '.aws/config': '[hybrid]\ncredential_process = sentinel-process\n' },
    },
    verdict: 'fail',
    found: ['fail settings.values profile_header'],
    says: /no restart is needed/,
  },
  {
    name: 'a profile that no file has',
    node: { env: { AWS_PROFILE: 'none' } },
    verdict: 'fail',
    found: ['fail settings.values profile_missing'],
  },
  {
    name: 'a header without its bracket',
    node: { files: { '.aws/config': '[profile default\naws_access_key_id = sentinel-id\n' } },
    verdict: 'fail',
    found: ['fail settings.values config_file'],
  },
  {
    name: 'a configuration file that is not there',
    node: { env: { AWS_CONFIG_FILE: 'DIR/none' } },
    verdict: 'ok',
    found: ['warn settings.files settings_empty_file'],
  },
  {
    name: 'a configuration file that never ends',
    node: {
      env: { AWS_CONFIG_FILE: 'DIR/fifo' },
      later: ({ directory }) => void Bun.spawnSync(['mkfifo', `${directory}/fifo`]),
    },
    verdict: 'fail',
    found: ['fail settings.values late'],
    says: /fifo/,
  },
  {
    name: 'a region that is none',
    node: { args: ['--mirror=HOST(registry)'], env: { AWS_REGION: 'Oregon' } },
    verdict: 'fail',
    found: ['fail settings.values config_value'],
    says: /AWS_REGION/,
  },
  {
    name: 'a variable of the runtime that turns it into another program',
    node: { env: { BUN_BE_BUN: '1' } },
    verdict: 'fail',
    found: ['warn settings.runtime settings_runtime', 'fail token.plugin plugin_answer'],
  },
  {
    name: 'a variable of the runtime',
    node: { own: { BUN_CONFIG_VERBOSE_FETCH: 'curl' } },
    verdict: 'ok',
    found: ['warn settings.runtime settings_runtime'],
  },
  {
    name: 'a cache directory that others may read',
    node: {
      args: ['--mirror=HOST(registry)=us-west-2', '--cache-dir=DIR/open'],
      later: ({ directory }) => mkdirSync(`${directory}/open`, { mode: 0o755 }),
    },
    verdict: 'ok',
    found: ['warn settings.cache cache_mode'],
  },
  {
    name: 'a host that is not ECR',
    node: { args: [] },
    verdict: 'fail',
    found: ['warn config.content pattern_not_ecr', 'fail settings.values not_ecr'],
  },
]
