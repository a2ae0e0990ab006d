/**
 * What to do about a cause. In the kubelet's log there is no room for it, or for a short hint; in a report there is.
 *
 * @param hint - of its line.
 */
export function fixFor(cause: string, hint: string | undefined): string | undefined {
  if (hint !== undefined && cause !== 'imds_silent' && cause !== 'proxy_407') return hint
  const found = fixes().find(([causes]) => causes.split(' ').includes(cause))
  return found?.[1]
}

function fixes(): readonly (readonly [causes: string, fix: string])[] {
  return [
    ['account_digits', 'write the whole account number into the image'],
    [
      'config_value config_alone config_endpoint_form config_cgi config_container_host',
      "correct it in the kubelet's unit, in env of the provider, or in the file that is named",
    ],
    ['usage_option', "correct the provider's args: --help lists what they may be"],
    ['config_file config_certificates tls_store', 'correct the path, or what the file holds'],
    ['config_keys', 'write the keys anew, without blanks and line breaks'],
    ['profile_missing', 'correct AWS_PROFILE, or add that profile to the config file'],
    [
      'profile_half_keys profile_no_role profile_many_sources profile_source_missing profile_source_empty profile_chain profile_credential_source profile_mfa profile_sso',
      'correct that profile',
    ],
    [
      'process_shell process_late process_failed process_not_found process_output',
      "run the command by hand with the kubelet's environment: what it prints is not shown here",
    ],
    ['sso_file', 'run aws sso login'],
    [
      'cache_owner cache_full cache_read_only',
      'give it a directory of root alone, mode 0700, on a tmpfs such as /run',
    ],
    ['dns_unknown', 'the name servers in /etc/resolv.conf must know it: correct them, or the name'],
    [
      'dns_failed dns_silent',
      'the name servers are in /etc/resolv.conf: they must be reachable, and answer',
    ],
    [
      'no_route',
      'give the subnet a way: a NAT gateway, or VPC endpoints for ecr.api and ecr.dkr and a gateway endpoint for S3',
    ],
    [
      'connect_refused',
      'something must listen there: see whether an endpoint variable names the wrong host or port',
    ],
    [
      'connect_failed tls_silent tls_failed silent cut_off no_time',
      'something between this node and AWS holds the connection up: a firewall, an inspection, too large an MTU',
    ],
    [
      'tls_name',
      'another server answers there: correct the endpoint variable, or what is in between',
    ],
    [
      'not_http no_length compressed too_large answer_form',
      'something else than AWS answers there',
    ],
    ['status', 'try again later; if it stays so, look at what is between this node and AWS'],
    ['refused', 'look that code up in the reference of that service'],
    [
      'proxy_503 proxy_status proxy_unreachable proxy_dns',
      "correct the proxy's address in that variable, or let the proxy reach AWS",
    ],
    [
      'proxy_407',
      "where that variable is set (the kubelet's unit, or env of its provider), write http://USER:PASSWORD@HOST:PORT, then restart the kubelet",
    ],
    ['proxy_tls', "add the proxy's authority to the host's trust store, or to AWS_CA_BUNDLE"],
    [
      'imds_disabled',
      'aws ec2 modify-instance-metadata-options --instance-id ID --http-endpoint enabled --http-tokens required',
    ],
    [
      'imds_silent',
      'if the kubelet runs in a container: aws ec2 modify-instance-metadata-options --instance-id ID --http-put-response-hop-limit 2; else something in front of IMDS swallows its answer (a firewall rule, an agent)',
    ],
    ['imds_no_v2', 'only version 2 is used: update what answers there'],
    ['imds_off', 'take that setting away, or give other credentials'],
    ['throttled', 'try again later; with --cache-dir the runs of a node share one call'],
    ['key_unknown', 'take keys that still exist, of the same partition as the region'],
    ['key_expired', 'renew the keys at their source'],
    ['token_issuer', "register the cluster's issuer with IAM, in the account of the role"],
    ['token_expired', 'see why its file is not renewed, and check the clock of this node'],
    ['clock', "set this node's clock right: chronyc makestep"],
    ['late', 'a file or a command does not end: look for a dead mount'],
  ]
}
