/**
 * Before a command: makes it PID 1, which the kernel ends by no signal that it does not handle. Its own user namespace is for
 * users but root.
 */
export const AS_PID_1: readonly string[] = [
  'unshare',
  ...(process.geteuid?.() === 0 ? [] : ['--user', '--map-root-user']),
  '--pid',
  '--fork',
  '--kill-child',
]
