import { type CommandId, newId, uuidV5 } from '@holdfast/domain'
import type { CommandContext } from '@holdfast/event-log'

/**
 * The context of a step that a command takes on another aggregate. The step's id follows from the command's, so
 * repeating the command repeats its steps and nothing else.
 */
export function stepOf(context: CommandContext, step: string): CommandContext {
  const { expectedRevision: _, ...rest } = context
  return { ...rest, commandId: uuidV5(context.commandId, step) as CommandId } // as: minted here
}

/** The context of what this service decides by itself. */
export function ownCommand(organizationId: string | undefined, reason: string): CommandContext {
  const commandId = newId<CommandId>()
  return {
    commandId,
    isKeyed: false,
    ...(organizationId === undefined ? {} : { organizationId }),
    actor: { kind: 'service', id: 'notify', method: 'certificate' },
    correlationId: commandId,
    reason,
  }
}
