import { type CommandId, newId } from '@holdfast/domain'
import type { CommandContext } from '@holdfast/event-log'

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
