import { type CommandId, newId } from '@holdfast/domain'
import type { CommandContext } from '@holdfast/event-log'

/**
 * The context of what this service decides by itself. `commandId`: of what may be decided again, by another instance or
 * after a crash.
 */
export function ownCommand(
  organizationId: string,
  reason: string,
  commandId: CommandId = newId<CommandId>(),
): CommandContext {
  return {
    commandId,
    isKeyed: false,
    ...(organizationId === '' ? {} : { organizationId }),
    actor: { kind: 'service', id: 'backup', method: 'certificate' },
    correlationId: commandId,
    reason,
  }
}
