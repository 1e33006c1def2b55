import type { Outcome } from '@holdfast/event-log'
import type { InterfacePlace } from '../commands/change-interfaces.ts'
import type { InterfaceEvent, InterfaceState } from '../domain/interface-state.ts'
import type { InterfaceView } from '../queries/interfaces.ts'

type InterfaceOutcome = Outcome<InterfaceState, InterfaceEvent>

/** What a creation made, from its own facts: a repeated creation gives the same answer. */
export function createdView(
  { organizationId, nodeId, interfaceId }: InterfacePlace,
  nodeName: string,
  { events, timeUnixMs = 0, sequence }: InterfaceOutcome,
): InterfaceView {
  const [created] = events
  if (created?.type !== 'InterfaceCreated')
    throw new Error('a creation starts with InterfaceCreated')
  return {
    id: interfaceId,
    organizationId,
    nodeId,
    nodeName,
    settings: created.settings,
    publicKey: created.publicKey,
    peerCount: events.length - 1,
    createdAtUnixMs: timeUnixMs,
    updatedAtUnixMs: timeUnixMs,
    revision: 1n,
    sequence,
  }
}
