/** What lines have in common. */
const PROFILE = "cannot use profile '{profile}'"
const CACHE = "cannot use the cache directory '{path}'"
const COMMAND = "the credential_process of profile '{profile}'"

/**
 * Lines about what stands on this node: how the program was called, its configuration, its files. `{name}` is filled in
 * as it is, `'{name}'` as a name from outside: in quotes, with none of its own, and not too long.
 */
export const OWN_LINES = {
  usage_argument:
    "cannot use the argument '{argument}': it is not known; hint: --help lists the commands and options",
  usage_option: 'cannot use {option}: it must be {accepts}',
  usage_config: '{problem}; see config --help',
  usage_warm: 'cannot warm anything: warm needs --cache-dir DIR, there is nothing else to warm',

  request_unreadable: 'cannot read the request: stdin cannot be read',
  request_empty:
    'cannot use the request on stdin: it is empty; hint: the kubelet writes it, see --help',
  request_form: 'cannot use the request on stdin: {reason}',
  request_image: 'cannot read a registry host from the image in the request: it has none',
  not_ecr:
    "cannot get credentials for '{host}': it is not an Amazon ECR host; hint: narrow matchImages so that it leaves this host out; if it mirrors ECR, pass --mirror",
  account_digits:
    "cannot get credentials for '{host}': the account number in it has {digits} digits, and 12 are needed",
  annotation:
    "cannot use the annotation {annotation} of the pod's service account: it is no role ARN",

  config_value: 'cannot use {origin}: it must be {accepts}',
  config_alone: 'cannot use {origin}: {other} is not set',
  config_endpoint_form:
    'cannot use {origin} together with {other}: a configured endpoint has no FIPS or dual-stack form',
  config_file: "cannot read {name} '{path}': {reason}",
  config_certificates: 'cannot use {certificates}: {reason}',
  config_keys:
    'cannot use the keys of {source}: they hold a blank, a line break or another character that no key has',
  config_cgi: 'cannot use {origin} while REQUEST_METHOD is set: whoever asks a CGI program sets it',
  config_container_host:
    "cannot use {origin}: '{host}' is neither https, nor loopback, nor a container agent's address",

  profile_missing:
    "cannot find profile '{profile}' (from AWS_PROFILE): neither the config nor the credentials file has it",
  profile_header:
    "cannot find profile '{profile}' (from AWS_PROFILE): {file} has it as [{profile}]; hint: write [profile {profile}] there, no restart is needed",
  profile_half_keys: `${PROFILE}: {where} has only one of aws_access_key_id and aws_secret_access_key`,
  profile_no_role: `${PROFILE}: its {key} requires role_arn`,
  profile_many_sources: `${PROFILE}: only one of {keys} may be set`,
  profile_source_missing: `${PROFILE}: its source_profile '{source}' does not exist`,
  profile_source_empty: `${PROFILE}: its source_profile '{source}' names no credentials`,
  profile_chain: `${PROFILE}: more than {limit} profiles refer to one another`,
  profile_login_session: `${PROFILE}: its login_session is not supported; hint: use sso_session or a role`,
  profile_credential_source: `${PROFILE}: its credential_source {reason}`,
  profile_mfa: `${PROFILE}: its mfa_serial asks for a code, and nobody is there to type one`,
  profile_sso: `${PROFILE}: {reason}`,

  cache_mode: `${CACHE}: its mode is {mode}, so others may use it; hint: it must be 0700`,
  cache_owner: `${CACHE}: it belongs to another user ({uid})`,
  cache_directory: `${CACHE}: {reason}; hint: it must be a directory of this user, no link, with no access for others`,
  cache_full: `${CACHE}: no space is left in its file system`,
  cache_read_only: `${CACHE}: its file system is read-only`,
  cache_life: 'cannot keep the token: ECR did not say how long it is valid',
  cache_region:
    'cannot cache a token without a region of its own; hint: set it with --mirror HOST=REGION or AWS_REGION',

  // `said` is the end of what the command wrote to stderr: the one text of another program that a line has a place for.
  process_shell: `cannot run ${COMMAND}: there is no usable /bin/sh`,
  process_late: `cannot get credentials: ${COMMAND} did not end in {seconds} s{said}`,
  process_failed: `cannot get credentials: ${COMMAND} ended with exit code {code}{said}`,
  process_not_found: `cannot get credentials: ${COMMAND} ended with exit code 127{said}; hint: the shell found no such command; quotes around the whole command make it one word`,
  process_output: `cannot use the output of ${COMMAND}: {reason}{said}`,

  sso_file: "cannot use the SSO token file '{path}': {reason}",
  sso_store:
    "cannot replace the SSO token file '{path}': {reason}; hint: mend that, then run aws sso login",
  sso_login:
    "cannot use IAM Identity Center for profile '{profile}': {reason}; hint: run aws sso login --profile '{profile}'",

  answer_form: 'cannot use {answer}: {reason}',
  imds_no_role:
    'cannot find AWS credentials: none is configured, and IMDS says that this instance has no role; hint: attach an instance profile',
  imds_role:
    "cannot get credentials from IMDS: it answered {code} for role '{role}'; hint: the role must still exist and trust ec2.amazonaws.com",
  imds_off: 'cannot use IMDS: {origin} disables it; it is needed because {reason}',
  late: 'cannot end in time: gave up after {seconds} s while {step}{files}',
  output: 'cannot write the answer to stdout: it is closed or full',
  bug: 'internal error: this is a bug',
} as const
