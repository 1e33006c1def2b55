import type { OrganizationId } from '@holdfast/domain'
import { type FieldError, invalid } from '@holdfast/errors'
import type { RuleSettings } from '@holdfast/policy'
import { maxErrors } from '../domain/expiry.ts'
import { targetKey, unknownTargets } from '../queries/targets.ts'
import type { Edge } from './edge.ts'

/** Throws `invalid` for targets the organization does not have. `at` names the place of each rule in the request. */
export async function requireKnownTargets(
  { postgres, catchUpToHead }: Pick<Edge, 'postgres' | 'catchUpToHead'>,
  organizationId: OrganizationId,
  rules: readonly Pick<RuleSettings, 'target'>[],
  at: (index: number) => string = () => '',
): Promise<void> {
  const targets = rules.map(({ target }) => target)
  let unknown = await unknownTargets(postgres, organizationId, targets)
  if (unknown.size > 0) {
    await catchUpToHead()
    unknown = await unknownTargets(postgres, organizationId, targets)
  }
  if (unknown.size === 0) return
  const errors: FieldError[] = []
  for (const [i, target] of targets.entries()) {
    if (!unknown.has(targetKey(target)) || target.kind === 'everything') continue
    const what = target.kind === 'uplinks' ? 'node' : target.kind
    const detail = `the organization has no ${what} ${target.id}`
    errors.push({ field: `${at(i)}target`, code: 'unknown', detail })
    if (errors.length >= maxErrors) break
  }
  throw invalid(...errors)
}
