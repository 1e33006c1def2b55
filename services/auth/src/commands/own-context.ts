import { newId } from '@holdfast/domain'
import type { CommandContext } from '@holdfast/event-log'

/** Of what the service does by itself. */
export const ownContext = (): CommandContext => {
  const commandId = newId<CommandContext['commandId']>()
  return {
    commandId,
    isKeyed: false,
    actor: { kind: 'service', id: 'auth', method: 'certificate' },
    correlationId: commandId,
  }
}
