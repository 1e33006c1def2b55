import type { UserId } from '@holdfast/domain'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import { EmailTaken, UsernameTaken } from '../domain/errors.ts'
import type { ReservationKind } from '../domain/reservation.ts'
import { reservations, users } from './aggregates.ts'
import { freshStepOf } from './steps.ts'

interface Claim {
  readonly kind: ReservationKind
  readonly reservationId: string
  readonly userId: UserId
}

/**
 * Claims a name for a user about to be created. Throws `auth.username_taken` or `auth.email_taken`.
 *
 * A name whose holder was never created, because a crash came between, is taken over (ADR 6). The holder
 * is abandoned first, by a commit on its own subject: from then on it cannot be created any more, so there
 * is no moment at which two users could come to one name, however slow the other writer is.
 */
export async function claimName(
  log: EventLog,
  { kind, reservationId, userId }: Claim,
  context: CommandContext,
): Promise<void> {
  const reserve = async (abandoned?: UserId) => {
    await log.execute(
      reservations,
      reservationId,
      { type: 'Reserve', kind, userId, ...(abandoned ? { abandoned } : {}) },
      freshStepOf(context),
    )
  }

  try {
    await reserve()
  } catch (error) {
    if (!UsernameTaken.is(error) && !EmailTaken.is(error)) throw error
    const { holder } = (await log.fold(reservations, reservationId, context.signal)).state
    if (holder === undefined) return reserve()
    const abandonment = await log.execute(
      users,
      holder,
      { type: 'AbandonUser', id: holder },
      freshStepOf(context),
    )
    if (abandonment.state.exists) throw error
    await reserve(holder)
  }
}

/** Gives a name back when its user could not be created after all. */
export async function releaseName(
  log: EventLog,
  { reservationId, userId }: Claim,
  context: CommandContext,
): Promise<void> {
  await log.execute(reservations, reservationId, { type: 'Release', userId }, freshStepOf(context))
}
