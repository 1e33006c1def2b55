import { type AnyCompensable, compensable } from '@holdfast/compensation'
import type { NameTools, Secrets } from '@holdfast/service'
import { alertRulesCompensable } from './alert-rules.ts'
import { webhooksCompensable } from './webhooks.ts'

/** What this service brings back. Alerts are facts about the world, and stay. */
export const notifyCompensables = (
  tools: NameTools & { readonly secrets: Secrets },
): readonly AnyCompensable[] => [
  compensable(webhooksCompensable(tools)),
  compensable(alertRulesCompensable(tools)),
]
