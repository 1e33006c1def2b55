import { defineError } from '@holdfast/errors'
import type { Difference, Projections } from '@holdfast/projections'
import { holdfast, type ReadModelService } from '@holdfast/proto'
import { AccessDenied } from './caller.ts'
import type { Permission } from './permissions.ts'
import type { Check, CheckItem, ReadModelChecks } from './read-model-checks.ts'
import type { Call, Handlers } from './types.ts'

export const CheckNotFound = defineError(
  'read_model.check_not_found',
  'not_found',
  (_d: { checkId: string }) => 'There is no check of that id; only the last one is remembered.',
)

/** What every service with read models serves about them. */
export const readModelHandlers = (
  checks: ReadModelChecks,
  projections: Pick<Projections, 'status'>,
): Handlers<typeof ReadModelService> => ({
  listReadModels(_request, call) {
    forTheInstance(call)
    return {
      readModels: projections.status().map(({ name, version, state, checkpoint, reason = '' }) => ({
        name,
        version,
        state,
        sequence: Number(checkpoint),
        reason,
      })),
    }
  },

  checkReadModels(_request, call) {
    forTheInstance(call)
    return { checkId: checks.start('request').id }
  },

  getCheck({ checkId }, call) {
    forTheInstance(call)
    const check = checks.find(checkId)
    if (!check && checkId !== '') throw CheckNotFound({ checkId })
    return check ? { check: printCheck(check) } : {}
  },
})

/** Read models hold the rows of all organizations. */
function forTheInstance({ caller }: Call): void {
  const permission: Permission = 'operator.read_models.check'
  if (caller.organizations(permission) !== '*') throw AccessDenied({ permission })
}

const printCheck = ({ id, origin, startedAtUnixMs, finishedAtUnixMs, readModels }: Check) => ({
  id,
  origin,
  startedAtUnixMs,
  finishedAtUnixMs,
  readModels: readModels.map(printItem),
})

const { CheckState } = holdfast.ops.v1
const states = {
  pending: CheckState.CHECK_STATE_PENDING,
  running: CheckState.CHECK_STATE_RUNNING,
  equal: CheckState.CHECK_STATE_EQUAL,
  different: CheckState.CHECK_STATE_DIFFERENT,
  failed: CheckState.CHECK_STATE_FAILED,
}

const printItem = ({ name, state, sequence, goal, seconds, difference, error }: CheckItem) => ({
  name,
  state: states[state],
  sequence: Number(sequence),
  goal: Number(goal),
  seconds,
  ...(difference ? { difference: printDifference(difference) } : {}),
  ...(error === undefined ? {} : { error }),
})

const printDifference = ({ table, key, kind, columns, rows }: Difference) => ({
  table,
  key: { ...key },
  kind,
  columns: [...columns],
  rows: Number(rows),
})
