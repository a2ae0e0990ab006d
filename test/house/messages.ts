import type { Cause } from '../../src/base/failure.ts'
import { OWN_LINES } from '../../src/base/lines/own.ts'
import { PROBLEMS, SUBJECTS } from '../../src/base/lines/peer.ts'

/** What stands in the README before and after the generated tables. */
export const MESSAGE_MARKERS = [
  '<!-- generated from src/base/lines: begin -->',
  '<!-- end of messages -->',
] as const

/** What each line means, where its own words leave that open, and what to do. */
const MEANINGS: Readonly<Record<Cause, string>> = {
  usage_argument:
    'Correct `args` in the configuration of the kubelet. Options of the Go plugin are not known.',
  usage_option: 'Correct `args`.',
  usage_config: 'Correct the command line of `config`.',
  usage_warm: 'Name the directory.',

  request_unreadable: 'Stdin is closed, or fails. Run it as a kubelet does.',
  request_empty: 'Nobody wrote a request. Run it as in [Is it working?](#is-it-working).',
  request_form:
    'Not a `CredentialProviderRequest` of `v1`, `v1beta1` or `v1alpha1`: no kubelet is asking, or one that is much newer than this program.',
  request_image: 'Correct the name of the image.',
  not_ecr:
    'Remove the host from `matchImages`. Use `--mirror` only for a host that you trust with your ECR password.',
  account_digits: 'Correct the account in the name of the image.',
  annotation: 'Correct the annotation: it is `arn:aws:iam::ACCOUNT:role/NAME`.',

  config_value: 'Correct the variable, or the file at that line.',
  config_alone: 'Set both, or neither.',
  config_endpoint_form: 'Remove one of the two.',
  config_file:
    'Correct the path, the permissions (the kubelet is root, SELinux may differ) or the file.',
  config_certificates:
    'Correct the path, or the file: PEM with at least one certificate. See [Variables and files](#variables-and-files).',
  config_keys: 'Mounted secrets often end in a line break: write them without (`echo -n`).',
  config_cgi: 'Unset `REQUEST_METHOD`: no kubelet sets it.',
  config_container_host:
    'Only these may see a credential without TLS. Use `https`, or the address of the agent.',

  profile_missing: 'Correct the name, or the files: a service has another `HOME` than you.',
  profile_header:
    "In the config file a profile's section is `[profile NAME]`; only in the credentials file it is `[NAME]`.",
  profile_half_keys: 'Complete the pair in that file.',
  profile_no_role: 'Name the role, or remove the key.',
  profile_many_sources: 'Keep one.',
  profile_source_missing: 'Correct the name.',
  profile_source_empty: 'Give that profile keys, a command, or another source.',
  profile_chain: 'Shorten the chain of `source_profile`.',
  profile_login_session: 'A node cannot log in: use a role.',
  profile_credential_source: 'Correct it, or set what it needs.',
  profile_mfa: 'Use a role that asks for no code.',
  profile_sso: 'Complete the profile or its `sso-session`.',

  cache_mode: '`chmod 0700`. A pull goes on without the cache.',
  cache_owner: 'Give it to the user that runs the kubelet, root. A pull goes on without the cache.',
  cache_directory: 'See [Cache](#cache). A pull goes on without it.',
  cache_full: 'Make room. A pull goes on without the cache.',
  cache_read_only: 'Use a directory below `/run`. A pull goes on without the cache.',
  cache_life: 'Only `warm` fails for this. Whatever answers is not ECR, or it has changed.',
  cache_region: 'Name the region: the cache must know it before it asks.',

  process_shell: 'Install a shell as `/bin/sh`.',
  process_late: 'The command was killed when `--timeout` ran out. Run it by hand.',
  process_failed: 'Run the command by hand, as root and with the environment of the kubelet.',
  process_not_found: 'Correct the path, or take the quotes away from around the whole command.',
  process_output:
    "Not AWS's [documented JSON](https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html). Run it by hand; what it prints is never shown.",

  sso_file: 'Remove the file, and run `aws sso login`.',
  sso_store: 'The token was renewed and cannot be kept: make the file writable, and log in again.',
  sso_login: 'The session is over, or there is none. For a node, a role is better.',

  answer_form:
    'What answers there is not what was asked, or AWS has changed. The line names whose answer it was.',
  imds_no_role: 'Attach an instance profile, or configure credentials.',
  imds_role: 'Give the role back its trust policy for `ec2.amazonaws.com`, or attach another.',
  imds_off: 'Unset the variable, or configure credentials.',
  late: 'The line has the last step, and files that were still being read, such as one on a dead mount, or a FIFO.',
  output: 'Whoever started the program does not read its answer.',
  bug: 'Please report it, with the output of `--version`.',

  dns_unknown:
    'The name is wrong (an endpoint variable, a region that does not exist), or a private zone lacks it.',
  dns_failed:
    'The name server cannot find out: look at `/etc/resolv.conf`. Usual for a moment at boot.',
  dns_silent:
    'The name server cannot be reached: a security group drops it, or `/etc/resolv.conf` names a dead one.',
  no_route: 'This node has no route: no NAT gateway or VPC endpoint, or no IPv6.',
  connect_refused: 'The host is there, and nothing listens on that port.',
  connect_silent:
    'Nothing came back for 4 s: a security group, firewall or network ACL drops it, or a NAT gateway is missing.',
  connect_failed: 'The operating system refused, for the reason in parentheses.',
  tls_silent: 'Something in between accepts connections, and does not pass them on.',
  no_tls: 'What answers on that port is not what was asked.',
  tls_failed: 'No common version or cipher: TLS 1.2 or newer is needed.',
  tls_expired:
    'Compare the two times: if the clock is right, the server or an interceptor has an old certificate.',
  tls_not_yet_valid: 'Set the clock.',
  tls_name: 'Another server answers: DNS, an endpoint variable, or an interceptor.',
  tls_untrusted:
    'Somebody intercepts TLS. If that is meant to be, put its root into a file for `AWS_CA_BUNDLE`.',
  tls_store: 'Mend the bundle.',
  silent: 'The server was reached, and did not answer in time.',
  cut_off: 'A proxy, firewall or load balancer in between closes connections.',
  not_http: 'What answers there is not AWS.',
  no_length: 'What answers there is not AWS.',
  compressed: 'Something in between compresses: switch that off for AWS.',
  too_large: 'What answers there is not AWS.',
  no_time: '`--timeout` ran out before this could be tried: see the step before with `--verbose`.',

  proxy_407:
    'Put `user:password@` into the URL of the proxy, or exempt AWS by `NO_PROXY` where there is a VPC endpoint.',
  proxy_403: 'Allow the host in the proxy, or exempt it by `NO_PROXY`.',
  proxy_503: 'The proxy has no way to the host, or no name for it.',
  proxy_status: 'Ask who runs the proxy.',
  proxy_unreachable:
    'As `no_route`, `connect_refused`, `connect_silent` and `connect_failed`, but it is the proxy that cannot be reached.',
  proxy_dns: 'As `dns_unknown`, `dns_failed` and `dns_silent`, but it is the name of the proxy.',
  proxy_tls:
    'As the lines that begin with `tls_`, and `no_tls`, but it is the certificate of an `https://` proxy.',

  imds_no_route: 'Off EC2 there is no IMDS: configure credentials.',
  imds_silent:
    "In a container without the host's network the metadata hop limit must be 2; otherwise leave it at 1.",
  imds_disabled:
    'Turn the metadata service of the instance on (`HttpEndpoint: enabled`), or configure credentials.',
  imds_no_v2:
    'A metadata proxy (kube2iam, kiam) or another cloud answers. Version 1 is never used.',
  pod_identity: 'Associate a role with the service account.',

  portal: 'A captive portal, or a proxy that wants something.',
  status: 'The answer had no error code: a proxy or load balancer in between, or AWS has trouble.',
  refused: 'Look up the code in the reference of that service.',
  throttled: 'Too many calls in this account. With a [cache](#cache) the runs of a node make one.',

  ecr_denied: 'Allow the action for that identity: see [Permissions](#permissions).',
  sts_denied: "Correct the role's trust policy: see [Service accounts](#service-accounts).",
  denied_organization:
    'A service or resource control policy forbids it, whatever the account allows.',
  denied_endpoint: 'The way leads through a VPC endpoint: allow the action in its policy.',
  denied_explicit: 'Find the `Deny` in a policy of that kind.',
  key_unknown: 'The keys are mistyped or deleted, or of another partition.',
  key_partition:
    'Pull public images as an identity of the `aws` partition, or leave them out of `matchImages`.',
  key_expired: 'Renew them; the line says where they are from.',
  signature: 'Copy both halves again.',
  signature_refused: 'Copy the keys again, and compare the clock.',
  endpoint_region: 'Correct the endpoint, or the region of the image.',
  clock:
    'Set the clock (chrony). Without the setting that forbids it, the program signs with the time of AWS.',
  token_audience:
    'Set `serviceAccountTokenAudience: sts.amazonaws.com`, or add the audience to the OIDC provider in IAM.',
  token_issuer: "Register the cluster's issuer with IAM in the account of the role.",
  token_expired: 'The file is not renewed, or the clock is wrong.',
  sso_ended: 'Log in again.',
  sso_forbidden: 'Assign the role to the user.',
}

/** The README's list of lines, made from those that the program prints. */
export function formatMessages(): string {
  return [
    'What is wrong on this node: its configuration, files and commands. The program fills in `{...}`.',
    formatTable(OWN_LINES),
    `What is wrong with somebody who was asked. Such a line begins with what was wanted: ${Object.values(
      SUBJECTS,
    )
      .map((subject) => `\`${subject}: ...\``)
      .join(
        ', ',
      )}. Then comes one of those below, and in parentheses how many attempts were made, how long they took, and with whose credentials.`,
    formatTable(PROBLEMS),
  ].join('\n\n')
}

function formatTable(lines: Partial<Readonly<Record<Cause, string>>>): string {
  const known = new Map<string, string>(Object.entries(MEANINGS))
  const rows = Object.entries(lines).map(([cause, line]) => [
    `\`${cause}\``,
    line === '{problem}' ? '' : `\`${line}\``,
    known.get(cause) ?? '',
  ])
  return [['cause', 'line', 'what it means, what to do'], ['---', '---', '---'], ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}
