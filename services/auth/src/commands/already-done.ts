import type { Aggregate, CommandContext, EventLog, Outcome } from '@holdfast/event-log'

/** Thrown where a decision would be made, and caught again below. */
class NotDone extends Error {}

/**
 * What came of a command that stands in the log already; undefined when it does not. For commands whose
 * preparation costs much, or cannot be repeated once they have taken effect: a password that has been
 * changed is no longer the current one.
 */
export async function alreadyDone<C, E, S>(
  log: EventLog,
  aggregate: Aggregate<C, E, S>,
  id: string,
  context: CommandContext,
): Promise<Outcome<S, E> | undefined> {
  const { expectedRevision: _, ...rest } = context
  // The log answers a command it knows before it asks what the command says.
  const unasked = (): C => {
    throw new NotDone()
  }
  try {
    return await log.execute(aggregate, id, unasked, rest)
  } catch (error) {
    if (error instanceof NotDone) return undefined
    throw error
  }
}
