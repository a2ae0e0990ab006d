/** What was wanted of another party: the beginning of a line that goes on with one of {@link PROBLEMS}. */
export const SUBJECTS = {
  ecr: 'cannot get an ECR token in {region}',
  sts: "cannot assume role '{role}'",
  imds: 'cannot get the {what} from IMDS',
  container: 'cannot get credentials from the container endpoint',
  container_address: 'cannot use {origin}',
  sso: "cannot get credentials from IAM Identity Center for profile '{profile}'",
  sso_token: "cannot renew the token of IAM Identity Center for profile '{profile}'",
} as const

/**
 * What went wrong with another party. `{host}` is a server, or a proxy where that is to blame; `{via}` the proxy in between.
 * Before a hint stand the number of attempts, the time they took, and whose credentials were used.
 */
export const PROBLEMS = {
  dns_unknown: 'the host name of {host} does not exist',
  dns_failed: 'the DNS server answers with an error for the host name of {host}',
  dns_silent: 'the DNS server does not answer for the host name of {host}',
  no_route: 'there is no route to {host}',
  connect_refused: '{host} refused the connection',
  connect_silent:
    'could not connect to {host}{via} in {seconds} s; hint: look for a firewall, a security group or a route that lets nothing through',
  connect_failed: 'the connection to {host}{via} failed{code}',
  tls_silent: 'connected to {host}, but it did not answer the TLS handshake in {seconds} s',
  no_tls: '{host} does not speak TLS; hint: look for a proxy or a portal in between',
  tls_failed: 'the TLS handshake with {host} failed',
  tls_expired: 'the certificate of {host} has expired{when}; hint: check the clock of this node',
  tls_not_yet_valid:
    'the certificate of {host} is not valid yet{when}; hint: check the clock of this node',
  tls_name: 'the certificate of {host}{issuer} is for another host',
  tls_untrusted:
    "the certificate of {host}{issuer} is not trusted by {store}{code}; hint: if that issuer is your own proxy's, add its certificate to the file of AWS_CA_BUNDLE; if you do not know it, do not trust it: somebody reads this connection",
  tls_store: 'none of the certificates in {store} can be read',
  silent: 'connected to {host}{via}, but no answer in {seconds} s',
  cut_off: '{host} closed the connection before its answer was complete',
  not_http: '{host} sent an answer that is not well-formed HTTP/1.1',
  no_length: '{host} did not say how long its answer is',
  compressed: '{host} sent a compressed answer',
  too_large: '{host} sent an answer that is too large',
  no_time: 'no time left to ask {host}',

  proxy_407:
    '{host} answered 407 Proxy Authentication Required; hint: put a user and a password into its URL',
  proxy_403:
    '{host} answered 403: it does not let {target} through; hint: let the proxy allow it, or add it to NO_PROXY',
  proxy_503: '{host} answered {status}: it cannot reach {target}',
  proxy_status: '{host} answered HTTP status {status}',
  proxy_unreachable: '{problem}',
  proxy_dns: '{problem}',
  proxy_tls: '{problem}',

  imds_no_route:
    'there is no route to {host}; hint: if this is no EC2 instance, set AWS_CONFIG_FILE or AWS_PROFILE',
  imds_silent:
    'connected to {host}, but no answer in {seconds} s; hint: in a container the metadata hop limit must be 2',
  imds_disabled: 'HTTP status 403 from {host}: IMDS is disabled on this instance',
  imds_no_v2: 'HTTP status 405 from {host}: what answers there has no version 2 of IMDS',
  pod_identity:
    '{code} from {host}: there is no pod identity association for this service account; hint: aws eks create-pod-identity-association',

  portal: '{host} answered with HTML; hint: look for a proxy or a portal in between',
  status: 'HTTP status {status} from {host}',
  refused: '{code} from {host}',
  throttled: '{code} from {host}: too many calls',

  ecr_denied: '{code} from {host}{denial}; hint: the identity needs {needs}',
  sts_denied: "{code} from {host}{denial}; hint: the role's trust policy must allow this identity",
  denied_organization:
    '{code} from {host}{denial}; hint: an administrator of the AWS organization must allow {needs} in that policy',
  denied_endpoint: '{code} from {host}{denial}; hint: the policy of the VPC endpoint must allow it',
  denied_explicit: '{code} from {host}{denial}; hint: that deny outweighs whatever allows it',
  key_unknown: '{code} from {host}: AWS does not know these keys in this region',
  key_partition:
    '{code} from {host}: AWS does not know these keys here; hint: public ECR needs keys of the aws partition, not of GovCloud or China',
  key_expired: '{code} from {host}: the keys have expired',
  signature:
    '{code} from {host}: the secret key does not belong to this access key; hint: copy both again, whole',
  signature_refused:
    '{code} from {host}; hint: check that the keys are whole, and the clock of this node',
  endpoint_region:
    '{code} from {host}: signed for {region}, but that endpoint is of another region; hint: correct AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_ECR or endpoint_url',
  clock: '{code} from {host}: the clock of this node is {off}{setting}',
  token_audience:
    "{code} from {host}: the token's audience is not sts.amazonaws.com; hint: set serviceAccountTokenAudience to it",
  token_issuer:
    '{code} from {host}: the issuer of the token is not registered with IAM as an OIDC provider',
  token_expired: '{code} from {host}: the token has expired',
  sso_ended: '{code} from {host}: the session has ended; hint: run aws sso login',
  sso_forbidden: '{code} from {host}; hint: assign the role to this user in that account',
} as const
