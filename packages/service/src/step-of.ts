import { type CommandId, uuidV5 } from '@holdfast/domain'
import type { CommandContext } from '@holdfast/event-log'

/** What clients know as a revision is checked by the domain, object by object, and not by the log. */
export function withoutRevision(context: CommandContext): CommandContext {
  const { expectedRevision: _, ...rest } = context
  return rest
}

/**
 * The context of a step that a command takes on another aggregate. The step's id follows from the command's, so
 * repeating the command repeats its steps and nothing else.
 */
export function stepOf(context: CommandContext, step: string): CommandContext {
  const commandId = uuidV5(context.commandId, step) as CommandId // as: minted here
  return { ...withoutRevision(context), commandId }
}
