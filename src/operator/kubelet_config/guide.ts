import type { ConfigOptions, Distribution } from './options.ts'

/** Where a distribution's kubelet looks. */
interface Places {
  readonly binDirectory: string
  readonly config: string
}

/** Where the binary and the configuration belong. */
function placesOf({ distribution, asJson }: ConfigOptions): Places {
  switch (distribution) {
    case 'k3s':
    case 'rke2': {
      const base = '/var/lib/rancher/credentialprovider'
      return { binDirectory: `${base}/bin`, config: `${base}/config.yaml` }
    }
    case 'talos': {
      const binDirectory = '/usr/local/lib/kubelet/credentialproviders'
      return { binDirectory, config: 'credential-provider.patch.yaml' }
    }
    case 'eks':
    case 'hybrid':
    case 'kubeadm': {
      const config = `/etc/kubernetes/credential-provider-config.${asJson ? 'json' : 'yaml'}`
      return { binDirectory: '/usr/libexec/ecr-credential-provider', config }
    }
  }
}

/** What to do with the printed configuration, in lines. @param minor - the kubelet's minor version. */
export function writeGuide(options: ConfigOptions, minor: number): readonly string[] {
  const { binDirectory, config } = placesOf(options)
  const flags = [
    `--image-credential-provider-bin-dir=${binDirectory}`,
    `--image-credential-provider-config=${config}`,
  ]
  const { distribution } = options
  const check = `ecr-credential-provider config check ${config} --kubernetes 1.${minor} --bin-dir ${binDirectory}`
  const isTalos = distribution === 'talos'
  return [
    `For a kubelet of 1.${minor} (${distribution}). The binary is ${binDirectory}/ecr-credential-provider`,
    ...(isTalos ? [] : [`(root:root, 0755), this file is ${config} (root:root, 0644).`]),
    ...stepsOf(distribution, flags, minor),
    ...(isTalos
      ? []
      : ['Verify it before the kubelet restarts, which it must after each change:', `  ${check}`]),
    ...(options.hasCache
      ? ['The cache needs no directory: it is made in /run with mode 0700.']
      : []),
    ...(options.hasServiceAccounts
      ? ['Nodes need RBAC to ask for tokens of sts.amazonaws.com: README, "Service accounts".']
      : []),
  ]
}

function stepsOf(
  distribution: Distribution,
  flags: readonly string[],
  minor: number,
): readonly string[] {
  switch (distribution) {
    case 'eks':
      return nodeadm(flags)
    case 'hybrid':
      return [
        ...nodeadm(flags),
        'The variables of env are for IAM Roles Anywhere; with SSM remove AWS_CONFIG_FILE and AWS_PROFILE.',
      ]
    case 'kubeadm':
      return kubeadm(flags, minor)
    case 'k3s':
    case 'rke2':
      return [
        `${distribution} gives its kubelet both flags by itself when these paths are there:`,
        ...flags.map((flag) => `  ${flag}`),
        'Link the installed binary into that directory:',
        '  ln -s /usr/libexec/ecr-credential-provider/ecr-credential-provider /var/lib/rancher/credentialprovider/bin/',
      ]
    case 'talos':
      return [
        '(a system extension puts it there). Talos gives its kubelet the flags, and writes the file:',
        '  --image-credential-provider-bin-dir=/usr/local/lib/kubelet/credentialproviders',
        '  --image-credential-provider-config=/etc/kubernetes/kubelet-credentialproviderconfig.yaml',
        'Save this text, then apply and verify it:',
        '  talosctl patch machineconfig --patch @credential-provider.patch.yaml',
        '  talosctl read /etc/kubernetes/kubelet-credentialproviderconfig.yaml',
        'tokenAttributes need Talos 1.12: before, they are dropped.',
      ]
  }
}

/** nodeadm appends these flags to its own, and the last of equal flags counts. */
function nodeadm(flags: readonly string[]): readonly string[] {
  return [
    'Flags of the kubelet, which nodeadm appends last, so that they win over its own:',
    ...flags.map((flag) => `  ${flag}`),
    'In user data, beside what puts both files in place:',
    '  apiVersion: node.eks.aws/v1alpha1',
    '  kind: NodeConfig',
    '  spec:',
    '    kubelet:',
    '      flags:',
    ...flags.map((flag) => `        - ${flag}`),
  ]
}

function kubeadm(flags: readonly string[], minor: number): readonly string[] {
  const pairs = flags.map((flag) => flag.replace(/^--/, '').split('='))
  // v1beta4 has lists, the versions before it mappings.
  const lines =
    minor >= 31
      ? pairs.flatMap(([name = '', value = '']) => [`    - name: ${name}`, `      value: ${value}`])
      : pairs.map(([name = '', value = '']) => `    ${name}: ${value}`)
  return [
    'Flags of the kubelet:',
    ...flags.map((flag) => `  ${flag}`),
    'In the InitConfiguration or JoinConfiguration of kubeadm:',
    '  nodeRegistration:',
    '    kubeletExtraArgs:',
    ...lines.map((line) => `  ${line}`),
    'On a node that has joined: in KUBELET_EXTRA_ARGS of /etc/default/kubelet or /etc/sysconfig/kubelet.',
    'An empty KUBELET_EXTRA_ARGS= there beats the one of a drop-in for kubelet.service.',
  ]
}
