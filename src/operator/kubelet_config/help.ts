import { NEWEST_MINOR, OLDEST_MINOR, TOKEN_MINOR } from './version.ts'

/** The text of `config --help`. */
export function configHelp(): string {
  return `usage: ecr-credential-provider config [options]                 prints a CredentialProviderConfig
       ecr-credential-provider config check FILE|DIR [options]  judges one

config prints a configuration for the kubelet, with the kubelet's flags and the command that
verifies it as comments. For JSON these go to stderr, so "config > FILE" is always a valid file.

  --for NAME              eks, hybrid, kubeadm (default), k3s, rke2 or talos (a patch)
  --kubernetes VERSION    for a kubelet of this version, 1.${OLDEST_MINOR} or newer; default: that of the
                          one that runs here, else 1.${NEWEST_MINOR}
  --partition NAME        only for registries of this AWS partition (default: all)
  --public                for public.ecr.aws too, which needs permissions of its own
  --service-accounts      let pods pull with the role of their service account (1.${TOKEN_MINOR} or newer)
  --cache                 share tokens in /run/ecr-credential-provider
  --mirror HOST[=REGION]  for a host that mirrors ECR, too (repeatable)
  --json                  JSON instead of YAML

config check judges a file, or those of a directory, as the kubelet of that version does. Then it
looks for what the kubelet cannot see: patterns that fit no image, a binary that others may
replace. Each finding has file, line and fix.

  --kubernetes VERSION    as above
  --bin-dir DIR           where the kubelet looks for binaries: they are judged too

Exit code: 0 fine, or warnings alone; 1 refused or wrong; 2 wrong command line.
`
}
