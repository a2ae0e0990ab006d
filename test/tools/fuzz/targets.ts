import { ANSWERS } from './answers.ts'
import { HTTP1 } from './http1.ts'
import { INI } from './ini.ts'
import { KUBELET_CONFIG } from './kubelet_config.ts'
import { PROXY } from './proxy.ts'
import { REGISTRY } from './registry.ts'
import { REQUEST } from './request.ts'
import type { Target } from './target.ts'
import { TIMES } from './times.ts'

/** Every property there is. */
export const TARGETS: readonly Target[] = [
  ...INI,
  ...REGISTRY,
  ...REQUEST,
  ...ANSWERS,
  ...HTTP1,
  ...PROXY,
  ...TIMES,
  ...KUBELET_CONFIG,
]
