import { type Actor, actorKinds, authenticationMethods } from '@holdfast/event-log'
import type { holdfast } from '@holdfast/proto'

/** As commits have it. */
export const actorMessage = ({
  kind,
  id,
  method,
  sessionId,
}: Actor): holdfast.log.v1.Actor.$Properties => ({
  kind: actorKinds.indexOf(kind) + 1,
  id,
  method: method === undefined ? 0 : authenticationMethods.indexOf(method) + 1,
  sessionId: sessionId ?? '',
})
