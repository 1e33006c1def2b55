import { type FieldError, invalid } from '@holdfast/errors'
import type { RuleSettings } from '@holdfast/policy'

/** More complaints than this help nobody. */
export const maxErrors = 100

interface Judged {
  /** What the request calls it. */
  readonly field: string
  /** Undefined for a new rule. */
  readonly before: RuleSettings | undefined
  readonly settings: RuleSettings
}

/** Throws `invalid` for a rule that would have ended before it begins; what ended already may stay as it is. */
export function requireExpiries(rules: Iterable<Judged>, now: number): void {
  const errors: FieldError[] = []
  for (const { field, before, settings } of rules) {
    const { expiresAtUnixMs, isActive } = settings
    if (expiresAtUnixMs === 0 || expiresAtUnixMs > now) continue
    const isMoved = before?.expiresAtUnixMs !== expiresAtUnixMs
    const isRevived = isActive && before?.isActive === false
    if (!isMoved && !isRevived) continue
    const end = new Date(expiresAtUnixMs).toISOString()
    const detail = isMoved
      ? `${end} has passed: choose a time in the future, or none`
      : `the rule ended at ${end}: give it a new end, or none, to activate it again`
    errors.push({ field, code: 'in_the_past', detail })
    if (errors.length >= maxErrors) break
  }
  if (errors.length > 0) throw invalid(...errors)
}
