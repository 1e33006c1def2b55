import { type NameCommand, type NameEvent, type NameState, uuidV5 } from '@holdfast/domain'
import { type Aggregate, type CommandContext, type EventLog, subjectOf } from '@holdfast/event-log'
import { stepOf } from './step-of.ts'

/** Longer than any command can be under way: a name held this long and not used is left over from a crash. */
export const abandonedAfterMs = 120_000

export interface NameClaim<Kind extends string = string> {
  /** What is called so; each kind has names of its own. */
  readonly kind: Kind
  /** Empty: of the instance. */
  readonly organizationId: string
  readonly name: string
  /** What is to be called so. */
  readonly holderId: string
}

export interface NameTools {
  readonly log: Pick<EventLog, 'execute' | 'fold' | 'history'>
  /** ms since 1970. */
  readonly now: () => number
}

/** Whether a holder goes by the name now. What is deleted does not, though a restore may be about to bring it back. */
export type UsesName = (holderId: string) => Promise<boolean>

export interface NameBook<Kind extends string> {
  /**
   * Holds a name before somebody is given it, so that two instances at once cannot give it twice (docs/adr/0021).
   * Whether it is ours now. A name that a crash left with a holder that does not use it is taken over.
   */
  claim(
    tools: NameTools,
    claim: NameClaim<Kind>,
    usesName: UsesName,
    context: CommandContext,
  ): Promise<boolean>
  /** Who holds a name, used or not. */
  holder(
    tools: Pick<NameTools, 'log'>,
    claim: Omit<NameClaim<Kind>, 'holderId'>,
    signal?: AbortSignal,
  ): Promise<string | undefined>
  /** Gives a name back; does nothing when somebody else holds it. */
  release(
    tools: Pick<NameTools, 'log'>,
    claim: NameClaim<Kind>,
    context: CommandContext,
  ): Promise<void>
}

/** Who holds which name in one context. `namespace` never changes: reservations must be found again. */
export function nameBook<Kind extends string>(
  names: Aggregate<NameCommand, NameEvent, NameState>,
  namespace: string,
): NameBook<Kind> {
  const idOf = ({ kind, organizationId, name }: Omit<NameClaim, 'holderId'>): string =>
    uuidV5(namespace, `${kind}|${organizationId}|${name.normalize('NFC').toLowerCase()}`)

  /** By the writer's clock, ms since 1970. */
  async function reservedAt(log: Pick<EventLog, 'history'>, id: string): Promise<number> {
    let at = 0
    const subject = subjectOf(names.context, names.type, id)
    for await (const commit of log.history(subject)) at = commit.timeUnixMs
    return at
  }

  return {
    async claim({ log, now }, claim, usesName, context) {
      const id = idOf(claim)
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
      if (await usesName(holder)) return false
      // Perhaps a command between its two commits.
      if (now() - (await reservedAt(log, id)) < abandonedAfterMs) return false
      return (await reserve(holder)) === holderId
    },

    async holder({ log }, claim, signal) {
      return (await log.fold(names, idOf(claim), signal)).state.holderId
    },

    async release({ log }, claim, context) {
      const { holderId } = claim
      const step = stepOf(context, `release ${claim.name} ${holderId}`)
      await log.execute(names, idOf(claim), { type: 'Release', holderId }, step)
    },
  }
}
