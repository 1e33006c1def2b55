import { idFrom, newId } from '@holdfast/domain'
import type { CommandContext } from '@holdfast/event-log'

/**
 * The context of one step of a command that touches several aggregates. Its id follows from the command's,
 * so a repeated command repeats its steps; the revision the client expects is for the main step alone.
 */
export function stepOf(context: CommandContext, purpose: string): CommandContext {
  const { expectedRevision: _, ...rest } = context
  return { ...rest, commandId: idFrom(context.commandId, purpose), causationId: context.commandId }
}

/**
 * The context of a step that is idempotent by the state it finds and not by its id: a step that may be
 * undone and done again within one command, which an id would take for a repetition.
 */
export function freshStepOf(context: CommandContext): CommandContext {
  const { expectedRevision: _, requestHash: __, ...rest } = context
  return { ...rest, commandId: newId(), isKeyed: false, causationId: context.commandId }
}
