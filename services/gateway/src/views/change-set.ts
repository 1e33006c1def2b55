import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import {
  component,
  decimal,
  flagOut,
  id,
  idOrNull,
  integerOut,
  textOut,
  time,
  timeOrNull,
  words,
} from './fields.ts'
import { decimalOf, idOf, momentOf, timeOf, wordOf } from './print.ts'
import { printSettings, printTroubles } from './rule.ts'

export const operationWords = ['create', 'update', 'delete'] as const

export const ChangeSet = component('ChangeSet', {
  id: id('Id of the draft.'),
  organization_id: id('Organization it belongs to.'),
  name: textOut('What it is about.', 'tighten scanner'),
  opened_at: time('When it was opened.'),
  opened_by: Type.Object({ kind: textOut('Kind of actor.', 'user'), id: textOut('Who.', '') }),
  operations: Type.Array(
    Type.Object({
      kind: words([...operationWords, 'unknown'], 'What it does.'),
      rule_id: idOrNull('The rule; null for one to be created.'),
      rule_name: textOut('Its name.', 'block-scanner'),
      rule: Type.Unsafe<ReturnType<typeof printSettings> | null>({
        type: ['object', 'null'],
        additionalProperties: true,
        description: 'The rule afterwards; null when it is deleted.',
      }),
    }),
  ),
})

export const printChangeSet = (
  c: holdfast.rules.v1.ChangeSet.$Properties,
): Static<typeof ChangeSet> => ({
  id: c.id ?? '',
  organization_id: c.organizationId ?? '',
  name: c.name ?? '',
  opened_at: momentOf(c.openedAtUnixMs),
  opened_by: { kind: c.openedByKind ?? '', id: c.openedById ?? '' },
  operations: (c.operations ?? []).map((operation) => ({
    kind: wordOf(operationWords, operation.kind ?? 0),
    rule_id: idOf(operation.ruleId ?? ''),
    rule_name: operation.ruleName ?? '',
    rule: operation.settings ? printSettings(operation.settings) : null,
  })),
})

export const implicitRules = Type.Array(
  Type.Object({ name: textOut('What it is.', 'listen-ports'), description: textOut('Why.', '') }),
  { description: 'Rules that hosts add by themselves, before all others.' },
)

export const printImplicit = (
  list: readonly holdfast.rules.v1.ImplicitRule.$Properties[] | null | undefined,
) => (list ?? []).map((one) => ({ name: one.name ?? '', description: one.description ?? '' }))

export const RuleSet = component('RuleSet', {
  organization_id: id('The organization.'),
  allow_lockout: flagOut(
    'Whether hosts leave out the rules that keep WireGuard ports and their own connection open.',
    false,
  ),
  rule_count: integerOut('How many rules there are.', 12),
  sequence: decimal('Log sequence of the last change.', '1042'),
  implicit: implicitRules,
  pending: Type.Unsafe<Pending | null>({
    type: ['object', 'null'],
    additionalProperties: true,
    description: 'The change that waits for confirmation.',
  }),
})

interface Pending {
  readonly apply_id: string
  readonly name: string
  readonly confirm_until: string | null
  readonly nodes: number
  readonly missing: ReturnType<typeof printTroubles>
}

export const printRuleSet = (s: holdfast.rules.v1.RuleSet.$Properties): Static<typeof RuleSet> => ({
  organization_id: s.organizationId ?? '',
  allow_lockout: s.settings?.isLockoutAllowed ?? false,
  rule_count: s.ruleCount ?? 0,
  sequence: decimalOf(s.sequence),
  implicit: printImplicit(s.implicit),
  pending: s.pending
    ? {
        apply_id: s.pending.applyId ?? '',
        name: s.pending.name ?? '',
        confirm_until: timeOf(s.pending.untilUnixMs),
        nodes: s.pending.nodes ?? 0,
        missing: printTroubles(s.pending.missing),
      }
    : null,
})

export const Applied = component('Applied', {
  apply_id: id('Names this application.'),
  confirm_until: timeOrNull('Hosts go back by themselves then unless it is confirmed.'),
  created: integerOut('Rules created.', 0),
  updated: integerOut('Rules changed.', 1),
  deleted: integerOut('Rules deleted.', 0),
})
