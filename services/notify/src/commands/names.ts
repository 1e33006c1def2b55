import { uuidV5 } from '@holdfast/domain'
import { type CommandContext, type EventLog, subjectOf } from '@holdfast/event-log'
import { names } from './aggregates.ts'
import { stepOf } from './command-id.ts'

/** Never changes: reservations must be found again. */
const nameNamespace = '0d8cf1de-54a7-5b8e-9d7a-2f4b6f0a3c11'
/** Longer than any command can be under way: a name held this long and not used is left over from a crash. */
export const abandonedAfterMs = 120_000

export interface NameClaim {
  /** What is called so; each kind has names of its own. */
  readonly kind: 'webhook' | 'alert_rule'
  /** Empty: of the instance. */
  readonly organizationId: string
  readonly name: string
  /** The webhook or rule that is to be called so. */
  readonly holderId: string
}

export interface NameTools {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'history'>
  /** ms since 1970. */
  readonly now: () => number
}

/** Whether a holder goes by the name now; `gone` when it is deleted and never comes back. */
export type UsesName = (holderId: string) => Promise<boolean | 'gone'>

const reservationId = ({ kind, organizationId, name }: NameClaim): string =>
  uuidV5(nameNamespace, `${kind}|${organizationId}|${name.normalize('NFC').toLowerCase()}`)

/**
 * Holds a name before somebody is given it, so that two instances at once cannot give it twice (docs/adr/0021). Whether
 * it is ours now. A name that a crash left with a holder that does not use it is taken over.
 */
export async function claimName(
  { log, now }: NameTools,
  claim: NameClaim,
  usesName: UsesName,
  context: CommandContext,
): Promise<boolean> {
  const id = reservationId(claim)
  const { holderId } = claim
  const reserve = async (abandonedBy?: string): Promise<string | undefined> => {
    const command = {
      type: 'Reserve' as const,
      holderId,
      ...(abandonedBy === undefined ? {} : { abandonedBy }),
    }
    const step = stepOf(context, `reserve ${claim.name} ${holderId} ${abandonedBy ?? ''}`)
    return (await log.execute(names, id, command, step)).state.holderId
  }
  const holder = await reserve()
  if (holder === holderId) return true
  if (holder === undefined) return false // a repeated command that lost the name since
  const uses = await usesName(holder)
  if (uses === true) return false
  // Not gone and not using it: perhaps a command between its two commits.
  if (uses === false && now() - (await reservedAt(log, id)) < abandonedAfterMs) return false
  return (await reserve(holder)) === holderId
}

/** Gives a name back; does nothing when somebody else holds it. */
export async function releaseName(
  { log }: Pick<NameTools, 'log'>,
  claim: NameClaim,
  context: CommandContext,
): Promise<void> {
  const { holderId } = claim
  const step = stepOf(context, `release ${claim.name} ${holderId}`)
  await log.execute(names, reservationId(claim), { type: 'Release', holderId }, step)
}

/** By the writer's clock, ms since 1970. */
async function reservedAt(log: Pick<EventLog, 'history'>, id: string): Promise<number> {
  let at = 0
  for await (const commit of log.history(subjectOf('notify', 'name', id))) at = commit.timeUnixMs
  return at
}
