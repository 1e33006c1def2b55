import { parseName } from '@holdfast/net'
import { holdfast } from '@holdfast/proto'
import { Fields, parseId } from '@holdfast/service'
import { maxErrors } from '../domain/expiry.ts'
import type { RuleId } from '../domain/ids.ts'
import type { RuleOperation } from '../domain/rule-set-state.ts'
import { readRule } from './parse-rule.ts'

type Message = holdfast.rules.v1.StagedOperation.$Properties
const { StagedOperationKind } = holdfast.rules.v1

/** `idOf` mints ids for rules that have none yet. Throws `invalid` with the first hundred bad fields. */
export function parseOperations(
  list: readonly Message[],
  idOf: (index: number) => RuleId,
): readonly RuleOperation[] {
  const fields = new Fields(maxErrors)
  const operations = list.map((message, i): RuleOperation => {
    const at = `operations[${i}].`
    const { kind, settings, baseRevision } = message
    const wanted = message.ruleId ?? ''
    if (kind === StagedOperationKind.STAGED_OPERATION_KIND_CREATE) {
      const ruleId = wanted === '' ? idOf(i) : readId(fields, at, wanted)
      return { kind: 'create', ruleId, settings: readRule(fields, at, settings ?? {}) }
    }
    const ruleId = readId(fields, at, wanted)
    const base = { ruleId, baseRevision: baseRevision ?? 0 }
    if (kind === StagedOperationKind.STAGED_OPERATION_KIND_UPDATE) {
      return { kind: 'update', ...base, settings: readRule(fields, at, settings ?? {}) }
    }
    if (kind !== StagedOperationKind.STAGED_OPERATION_KIND_DELETE) {
      fields.add(`${at}kind`, 'required', 'must be one of create, update, delete')
    }
    return { kind: 'delete', ...base }
  })
  fields.check()
  return operations
}

function readId(fields: Fields, at: string, text: string): RuleId {
  if (text === '') fields.add(`${at}rule_id`, 'required', 'must name the rule')
  else fields.take(parseId, text, `${at}rule_id`)
  return text as RuleId // as: the domain knows which there are
}

/** What somebody calls a change; empty when nobody said. Throws `invalid`. */
export function parseOptionalName(text: string): string {
  const fields = new Fields()
  const name = fields.takeOptional(parseName, text, 'name')
  fields.check()
  return name
}
