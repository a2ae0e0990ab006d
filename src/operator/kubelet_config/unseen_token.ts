import type { Options } from '../../kubelet/options.ts'
import type { Provider, Report } from './finding.ts'
import { inside } from './place.ts'

/** What the kubelet cannot see in `tokenAttributes`: that no role can come of them, or that pods are left out. */
export function judgeTokens(
  { tokenAttributes, env, field }: Provider,
  options: Options | undefined,
  report: Report,
): void {
  if (tokenAttributes === undefined) return
  const own = inside(field, 'tokenAttributes')
  const { audience, requiredAnnotations, optionalAnnotations } = tokenAttributes
  const keys = [...requiredAnnotations, ...optionalAnnotations]
  const hasIrsaKey = keys.includes('eks.amazonaws.com/role-arn')
  if (requiredAnnotations.length > 0) {
    const list = inside(own, 'requiredServiceAccountAnnotationKeys')
    const problem =
      'lets images of pods without these annotations be pulled without a password, and nothing is logged'
    const fix = 'move them to optionalServiceAccountAnnotationKeys'
    report('warning', 'annotations_required', list, problem, fix)
  }
  if (audience !== '' && audience !== 'sts.amazonaws.com') {
    const at = inside(own, 'serviceAccountTokenAudience')
    const problem = "is not the audience that IAM's identity providers of EKS have"
    const fix = 'write sts.amazonaws.com, or add this one to the identity provider in IAM'
    report('warning', 'audience_other', at, problem, fix)
  }
  const hasRole =
    keys.includes('eks.amazonaws.com/ecr-role-arn') ||
    env.some(({ name }) => name === 'AWS_ECR_ROLE_ARN')
  if (!hasRole && !(hasIrsaKey && options?.irsaRole === true)) {
    const problem = 'hands over no annotation with a role, so every token is unused'
    const fix = 'add eks.amazonaws.com/ecr-role-arn to optionalServiceAccountAnnotationKeys'
    report('warning', 'annotation_role', own, problem, fix)
  } else if (hasIrsaKey && options?.irsaRole === false) {
    const problem = 'hands over eks.amazonaws.com/role-arn, which is not looked at'
    const fix = 'add --irsa-role to args, or remove the key'
    report('warning', 'annotation_unused', own, problem, fix)
  }
}
