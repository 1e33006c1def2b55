import { idFrom, type OrganizationId } from '@holdfast/domain'
import type { Call } from '@holdfast/service'
import {
  type Batch,
  type Contributor,
  commandIdOf,
  exists,
  missing,
  type Note,
  noted,
  type Outcome,
  promiseOf,
  refusal,
  stepContext,
  unchanged,
} from '@holdfast/snapshot'
import { ruleSets } from '../commands/aggregates.ts'
import { changeRuleSet } from '../commands/change-rule-set.ts'
import type { PolicyTestId } from '../domain/ids.ts'
import type { CheckTests } from '../domain/policy-tests.ts'
import { ruleSet } from '../domain/rule-set.ts'
import { initialRuleSet, type PolicyTest } from '../domain/rule-set-state.ts'
import { idOfTarget, nameKey } from '../domain/settings.ts'
import { listPolicyTests } from '../queries/policy-tests.ts'
import { namesOfTargets } from '../queries/target-names.ts'
import type { SnapshotParts } from './parts.ts'
import { readTest, type TestWish, testFields, testRecord } from './records.ts'
import { type FindTarget, targetShown, targetsFor } from './targets.ts'

const contributor = 'rules.tests'

const judgedLater: Note = {
  code: 'rules.test_judged_later',
  detail: 'is tried on the rules once they are there, and refused if it fails then',
}

/** A page as far as it is carried out. */
interface Progress {
  readonly find: FindTarget
  /** By name; also what this page has made. */
  readonly tests: Map<string, PolicyTest>
  /** Of a dry run, asked for once. */
  checkTests: CheckTests | undefined
}

/** Sentences about the rules that must hold. One that would fail is refused, as it is by hand. */
export function testsContributor(parts: SnapshotParts): Contributor {
  const { postgres, tools } = parts

  /** Whether it was tried on all there will be. */
  async function rehearse(
    test: PolicyTest,
    progress: Progress,
    batch: Batch,
    call: Call,
  ): Promise<boolean> {
    const organizationId = batch.organizationId as OrganizationId // as: the caller's permission was asked there
    const waitsForRules = [...batch.promised].some((promise) => promise.startsWith('rule/'))
    const isThere = batch.organizationId !== ''
    if (!waitsForRules && isThere) progress.checkTests ??= await tools.testsOf(organizationId)
    const { state } = isThere
      ? await tools.log.fold(ruleSets, organizationId, call.signal)
      : { state: initialRuleSet() }
    // With those before it in place: there are only so many.
    const byId = new Map([...progress.tests.values()].map((one) => [one.id, one]))
    const command = { type: 'SavePolicyTest', test, organizationId } as const
    const checkTests = progress.checkTests ?? (() => [])
    ruleSet.decide({ ...command, checkTests }, { ...state, tests: byId })
    return !waitsForRules
  }

  async function carryOut(
    index: number,
    wish: TestWish,
    progress: Progress,
    batch: Batch,
    call: Call,
  ): Promise<Outcome> {
    const { name } = wish.test
    const { organizationId } = batch
    const promise = promiseOf('test', name)
    const commandId = commandIdOf(batch.importId, contributor, organizationId, index)
    const newId = idFrom<PolicyTestId>(commandId, 'policy test')
    const existing = progress.tests.get(nameKey(name))
    const created: Outcome = { outcome: 'created', name, promise }
    // This import has made it before.
    if (existing?.id === newId) return created
    if (existing && !batch.overwritesExisting) return exists(name, promise)
    const target = progress.find(wish.target)
    if (!target) return missing(name, targetShown(wish.target))
    const id = existing?.id ?? newId
    const test = { ...wish.test, id, name: existing?.name ?? name, target }
    if (existing && isSameTest(existing, test)) return unchanged(name, promise)
    const outcome: Outcome = existing ? { outcome: 'updated', name, promise } : created
    let notes: readonly Note[] = []
    if (batch.isDryRun) {
      if (!(await rehearse(test, progress, batch, call))) notes = [judgedLater]
    } else {
      const context = stepContext(
        call,
        batch,
        contributor,
        index,
        existing ? `overwrite ${id}` : '',
      )
      const where = organizationId as OrganizationId // as: the caller's permission was asked there
      await changeRuleSet(tools, where, { type: 'SavePolicyTest', test }, context)
    }
    progress.tests.set(nameKey(name), test)
    return noted(outcome, notes)
  }

  return {
    name: contributor,
    major: 1,
    minor: 0,
    domain: 'automation',
    after: ['rules.rules'],
    readsMajors: [],
    fields: testFields,

    async collect({ organizationId, cursor, limit, at }) {
      const sequence = await parts.caughtUp(at)
      const scope = { organizations: [organizationId as OrganizationId] } // as: checked by backup
      const tests = await listPolicyTests(postgres, scope, organizationId, sequence)
      // As of one commit, so places in the list stay what they are; there are a thousand at most.
      const from = /^\d{1,6}$/.test(cursor) ? Number(cursor) : 0
      const end = from + limit
      const page = tests.slice(from, end)
      const targets = page.map(({ target }) => target)
      const names = await namesOfTargets(postgres, organizationId, targets, sequence)
      const records = page.map((test) => testRecord(test, names.get(idOfTarget(test.target))))
      return { records, nextCursor: end < tests.length ? `${end}` : '', sequence }
    },

    async contribute(records, batch, call) {
      const reads = records.map(({ index, record }) => ({ index, read: readTest(record) }))
      const wishes = reads.flatMap(({ read }) => ('wish' in read ? [read.wish] : []))
      const find = await targetsFor(
        parts,
        batch,
        wishes.map(({ target }) => target),
      )
      const { organizationId } = batch
      const { state } =
        organizationId === ''
          ? { state: initialRuleSet() }
          : await tools.log.fold(ruleSets, organizationId, call.signal)
      const tests = new Map([...state.tests.values()].map((test) => [nameKey(test.name), test]))
      const progress: Progress = { find, tests, checkTests: undefined }
      const outcomes: Outcome[] = []
      for (const { index, read } of reads) {
        outcomes.push(
          'wish' in read
            ? await carryOut(index, read.wish, progress, batch, call).catch((error: unknown) =>
                refusal(read.name, error),
              )
            : read.outcome,
        )
      }
      return outcomes
    },
  }
}

const isSameTest = (a: PolicyTest, b: PolicyTest): boolean =>
  JSON.stringify(testRecord(a, undefined)) === JSON.stringify(testRecord(b, undefined)) &&
  idOfTarget(a.target) === idOfTarget(b.target)
