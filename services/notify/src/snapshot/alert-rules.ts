import { idFrom, type OrganizationId } from '@holdfast/domain'
import type { Call } from '@holdfast/service'
import {
  type Batch,
  type Contributor,
  commandIdOf,
  exists,
  inTurns,
  noted,
  type Outcome,
  oneNamed,
  promiseOf,
  stepContext,
  unchanged,
} from '@holdfast/snapshot'
import { maxRules } from '../commands/alert-rule-changes.ts'
import { TooManyAlertRules } from '../domain/alert-errors.ts'
import { type AlertRuleSettings, isSameSettings } from '../domain/alert-rule.ts'
import { listRules } from '../queries/alert-rules.ts'
import type { SnapshotParts } from './parts.ts'
import { type AlertRuleWish, alertRuleFields, alertRuleRecord, readAlertRule } from './records.ts'

const contributor = 'notify.alert_rules'

interface Existing {
  readonly id: string
  readonly settings: AlertRuleSettings
}

/** Alert rules of an organization. Those of the product are everywhere already; whom a rule mails to is not said. */
export function alertRulesContributor(parts: SnapshotParts): Contributor {
  const { postgres, rules } = parts
  const scopeOf = (organizationId: string, at?: bigint) => ({
    organizations: [organizationId as OrganizationId], // as: checked by backup, and by the caller's permission
    ...(at === undefined ? {} : { at }),
  })

  async function carryOut(
    index: number,
    { settings, notes }: AlertRuleWish,
    known: Existing[],
    batch: Batch,
    call: Call,
  ): Promise<Outcome> {
    const { name } = settings
    const { organizationId, isDryRun } = batch
    const promise = promiseOf('alert_rule', name)
    const created: Outcome = noted({ outcome: 'created', name, promise }, notes)
    const existing = oneNamed(known, name, (one) => one.settings.name)
    const commandId = commandIdOf(batch.importId, contributor, organizationId, index)
    const id = idFrom<string>(commandId, 'alert_rule')
    if (existing?.id === id) return created
    if (existing && !batch.overwritesExisting) return exists(name, promise)
    if (existing) {
      const { name: _, ...changes } = settings
      const next = { ...existing.settings, ...changes }
      if (isSameSettings(existing.settings, next)) return unchanged(name, promise)
      if (!isDryRun) {
        const context = stepContext(call, batch, contributor, index, `overwrite ${existing.id}`)
        await rules.update({ id: existing.id, organizationId }, changes, undefined, context)
      }
      known.splice(known.indexOf(existing), 1, { id: existing.id, settings: next })
      return { outcome: 'updated', name, promise }
    }
    // Counted here as well: the read model may not have those of this page yet.
    if (known.length >= maxRules) throw TooManyAlertRules({ max: maxRules })
    const made = { id, settings: { ...settings, mailTo: [] } }
    known.push(made)
    try {
      const context = stepContext(call, batch, contributor, index)
      if (!isDryRun) await rules.create(organizationId, settings, [], context)
    } catch (error) {
      known.splice(known.indexOf(made), 1)
      throw error
    }
    return created
  }

  return {
    name: contributor,
    major: 1,
    minor: 0,
    domain: 'automation',
    after: ['auth.sites'],
    readsMajors: [],
    fields: alertRuleFields,

    async collect({ organizationId, cursor, limit, at }) {
      const sequence = await parts.caughtUp(at)
      const found = await listRules(postgres, scopeOf(organizationId, sequence), organizationId)
      // As of one commit, so places in the list stay what they are.
      const from = /^\d{1,6}$/.test(cursor) ? Number(cursor) : 0
      const end = from + limit
      const records = found.slice(from, end).map(({ settings }) => alertRuleRecord(settings))
      return { records, nextCursor: end < found.length ? `${end}` : '', sequence }
    },

    async contribute(records, batch, call) {
      const { organizationId } = batch
      let known: Existing[] = []
      if (organizationId !== '') {
        await parts.caughtUp()
        known = [...(await listRules(postgres, scopeOf(organizationId), organizationId))]
      }
      const reads = records.map(({ index, record }) => ({ index, read: readAlertRule(record) }))
      const outcomes = await inTurns(
        reads,
        ({ settings }) => [settings.name],
        (index, wish) => carryOut(index, wish, known, batch, call),
      )
      if (!batch.isDryRun) {
        // What watches reads them from there.
        await parts.caughtUp()
        await parts.rulesChanged()
      }
      return outcomes
    },
  }
}
