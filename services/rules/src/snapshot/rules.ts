import { idFrom, type OrganizationId } from '@holdfast/domain'
import { parsePage } from '@holdfast/postgres'
import type { Call } from '@holdfast/service'
import {
  type Batch,
  type Contributor,
  commandIdOf,
  type Outcome,
  promiseOf,
  refusal,
  stepContext,
} from '@holdfast/snapshot'
import { ruleSets } from '../commands/aggregates.ts'
import { changeRuleSet } from '../commands/change-rule-set.ts'
import { type ApplyId, ruleIdsOf } from '../domain/ids.ts'
import type { NewRule } from '../domain/import-plan.ts'
import { ruleSet } from '../domain/rule-set.ts'
import { initialRuleSet } from '../domain/rule-set-state.ts'
import { idOfTarget } from '../domain/settings.ts'
import { listRules } from '../queries/rules.ts'
import { namesOfTargets } from '../queries/target-names.ts'
import { maxPage, type SnapshotParts } from './parts.ts'
import { type PlannedRule, planRules } from './plan-rules.ts'
import { type RuleWish, readRule, ruleFields, ruleRecord } from './records.ts'
import { targetsFor } from './targets.ts'

const contributor = 'rules.rules'
/** Of records in one commit, which may have 8 MiB. */
const maxCommitBytes = 2 * 1024 * 1024

interface Wanted {
  readonly at: number
  readonly index: number
  readonly bytes: number
  readonly wish: RuleWish
}

/** Firewall rules, in the order in which they are evaluated, for targets by name. */
export function rulesContributor(parts: SnapshotParts): Contributor {
  const { postgres, tools } = parts

  /** Throws what speaks against the rules as a whole: a policy test, or a change that waits for confirmation. */
  async function carryOut(
    rules: readonly NewRule[],
    indexes: readonly number[],
    batch: Batch,
    call: Call,
  ): Promise<void> {
    if (rules.length === 0) return
    const organizationId = batch.organizationId as OrganizationId // as: the caller's permission was asked there
    const [first = 0] = indexes
    // Another cut of the section, or another way of importing it, is another command.
    const step = `${indexes.at(-1)} ${batch.overwritesExisting}`
    const context = stepContext(call, batch, contributor, first, step)
    const wish = {
      type: 'ImportRules' as const,
      mode: 'merge' as const,
      rules,
      applyId: idFrom<ApplyId>(context.commandId, 'apply'),
      confirmWithinMs: 0,
      name: `import of ${rules.length} rules`,
      now: tools.now(),
    }
    if (!batch.isDryRun) {
      await changeRuleSet(tools, organizationId, wish, context)
      return
    }
    const isThere = batch.organizationId !== ''
    const checkTests = isThere ? await tools.testsOf(organizationId) : () => []
    const state = isThere
      ? (await tools.log.fold(ruleSets, organizationId, call.signal)).state
      : initialRuleSet()
    ruleSet.decide({ ...wish, organizationId, checkTests }, state)
  }

  async function contributeGroup(
    planned: readonly PlannedRule[],
    indexes: readonly number[],
    batch: Batch,
    call: Call,
  ): Promise<readonly Outcome[]> {
    const { organizationId, overwritesExisting } = batch
    const state =
      organizationId === ''
        ? initialRuleSet()
        : (await tools.log.fold(ruleSets, organizationId, call.signal)).state
    const { rules, outcomes } = planRules(state, planned, overwritesExisting, tools.now())
    try {
      await carryOut(rules, indexes, batch, call)
      return outcomes
    } catch (error) {
      // They go in together, so what speaks against one of them speaks against them all.
      return outcomes.map((outcome, i) => {
        const isWanted = rules.some(({ ruleId }) => ruleId === planned[i]?.ruleId)
        return isWanted ? refusal(outcome.name, error) : outcome
      })
    }
  }

  return {
    name: contributor,
    major: 1,
    minor: 0,
    domain: 'automation',
    after: ['auth.sites', 'network.nodes', 'network.interfaces', 'network.peers'],
    readsMajors: [],
    fields: ruleFields,

    async collect({ organizationId, cursor, limit, at }) {
      const sequence = await parts.caughtUp(at)
      const filter = {
        organizationId,
        query: '',
        tag: '',
        action: undefined,
        targets: undefined,
      }
      const scope = { organizations: [organizationId as OrganizationId] } // as: checked by backup
      const page = parsePage(limit, cursor, maxPage)
      const { rows, nextCursor } = await listRules(postgres, scope, page, filter, sequence)
      const targets = rows.map(({ settings }) => settings.target)
      const names = await namesOfTargets(postgres, organizationId, targets, sequence)
      const records = rows.map(({ settings }) =>
        ruleRecord(settings, names.get(idOfTarget(settings.target))),
      )
      return { records, nextCursor, sequence }
    },

    async contribute(records, batch, call) {
      const outcomes: Outcome[] = []
      const wanted: Wanted[] = []
      records.forEach(({ index, record }, at) => {
        const read = readRule(record)
        const bytes = JSON.stringify(record).length
        if ('wish' in read) wanted.push({ at, index, bytes, wish: read.wish })
        else outcomes[at] = read.outcome
      })
      const find = await targetsFor(
        parts,
        batch,
        wanted.map(({ wish }) => wish.target),
      )
      const { importId, organizationId } = batch
      const idOf = ruleIdsOf(commandIdOf(importId, contributor, organizationId, 0, 'rules'))
      for (const group of inCommits(wanted)) {
        const planned = group.map(({ index, wish }) => ({
          wish,
          target: find(wish.target),
          ruleId: idOf(index),
          promise: promiseOf('rule', wish.settings.name),
        }))
        const indexes = group.map(({ index }) => index)
        const found = await contributeGroup(planned, indexes, batch, call)
        group.forEach(({ at }, i) => {
          const outcome = found[i]
          if (outcome) outcomes[at] = outcome
        })
      }
      return outcomes
    },
  }
}

function inCommits(wanted: readonly Wanted[]): readonly (readonly Wanted[])[] {
  const groups: Wanted[][] = []
  let bytes = maxCommitBytes
  for (const one of wanted) {
    bytes += one.bytes
    if (bytes > maxCommitBytes) {
      groups.push([])
      bytes = one.bytes
    }
    groups.at(-1)?.push(one)
  }
  return groups
}
