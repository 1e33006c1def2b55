import { idFrom } from '@holdfast/domain'
import type { CommandContext, EventLog, Outcome } from '@holdfast/event-log'
import { type NameClaim, type Secrets, withoutRevision } from '@holdfast/service'
import type { ScheduleEvent, ScheduleSettings, ScheduleState } from '../domain/schedule.ts'
import { ScheduleNameTaken } from '../domain/schedule-errors.ts'
import type { Sealed } from '../domain/sealed.ts'
import { nameHolders } from './names.ts'
import { schedules } from './schedule-aggregates.ts'

export interface ScheduleTools {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'history'>
  readonly secrets: Secrets<'passphrase'>
  /** ms since 1970. */
  readonly now: () => number
}
type ScheduleNames = Pick<ScheduleTools, 'log' | 'now'>

type ScheduleOutcome = Outcome<ScheduleState, ScheduleEvent>

export const scheduleClaim = (
  organizationId: string,
  name: string,
  holderId: string,
): NameClaim<'schedule'> => ({ kind: 'schedule', organizationId, name, holderId })

const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** The name first, then the schedule: whoever has it need not ask the others (docs/adr/0021). */
export async function holdScheduleName(
  tools: ScheduleNames,
  claim: NameClaim<'schedule'>,
  context: CommandContext,
): Promise<void> {
  const usesName = async (holderId: string) => {
    const { state } = await tools.log.fold(schedules, holderId, context.signal)
    return state.exists && !state.isDeleted && isSameName(state.settings.name, claim.name)
  }
  if (!(await nameHolders.claim(tools, claim, usesName, context)))
    throw ScheduleNameTaken({ name: claim.name })
}

/** `passphrase` empty: the instance key. */
export async function createSchedule(
  tools: ScheduleTools,
  organizationId: string,
  settings: ScheduleSettings,
  passphrase: string,
  context: CommandContext,
): Promise<{ readonly id: string; readonly outcome: ScheduleOutcome }> {
  const id = idFrom<string>(context.commandId, 'schedule')
  await holdScheduleName(tools, scheduleClaim(organizationId, settings.name, id), context)
  const sealed = await sealedPassphrase(tools, organizationId, id, passphrase)
  const outcome = await tools.log.execute(
    schedules,
    id,
    { type: 'CreateSchedule', id, organizationId, settings, passphrase: sealed },
    context,
  )
  return { id, outcome }
}

/** `passphrase` undefined: stays; empty: the instance key. */
export async function updateSchedule(
  tools: ScheduleTools,
  id: string,
  before: ScheduleState,
  changes: Partial<ScheduleSettings>,
  passphrase: string | undefined,
  context: CommandContext,
): Promise<ScheduleOutcome> {
  const { organizationId } = before
  const oldName = before.settings.name // the state is the living one
  const { name } = changes
  const isRenamed = name !== undefined && !isSameName(name, oldName)
  if (isRenamed) await holdScheduleName(tools, scheduleClaim(organizationId, name, id), context)
  const sealed =
    passphrase === undefined
      ? undefined
      : ((await sealedPassphrase(tools, organizationId, id, passphrase)) ?? 'none')
  const outcome = await tools.log.execute(
    schedules,
    id,
    { type: 'UpdateSchedule', id, changes, passphrase: sealed, ...expected(context) },
    withoutRevision(context),
  )
  if (isRenamed)
    await nameHolders.release(tools, scheduleClaim(organizationId, oldName, id), context)
  return outcome
}

export async function deleteSchedule(
  tools: ScheduleTools,
  id: string,
  { organizationId, settings }: ScheduleState,
  context: CommandContext,
): Promise<ScheduleOutcome> {
  const { name } = settings
  const outcome = await tools.log.execute(
    schedules,
    id,
    { type: 'DeleteSchedule', id, ...expected(context) },
    withoutRevision(context),
  )
  await nameHolders.release(tools, scheduleClaim(organizationId, name, id), context)
  return outcome
}

const expected = ({ expectedRevision }: CommandContext) =>
  expectedRevision === undefined ? {} : { expectedRevision }

async function sealedPassphrase(
  { secrets }: ScheduleTools,
  organizationId: string,
  id: string,
  passphrase: string,
): Promise<Sealed | undefined> {
  if (passphrase === '') return undefined
  const [sealed] = await secrets.seal(organizationId, id, 'passphrase', [passphrase])
  if (!sealed) throw new Error('nothing was sealed')
  return sealed
}
