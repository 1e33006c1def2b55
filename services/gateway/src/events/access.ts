import type { Commit } from '@holdfast/event-log'
import { AccessDenied, type Caller } from '@holdfast/service'

/** Who a token stands for; throws `access.token_invalid` and its like. */
export type Authenticate = (accessToken: string) => Promise<Caller>

/** Which commits one caller may see. */
export interface EventAccess {
  readonly sessionId: string
  sees(commit: Commit): boolean
}

const permission = 'log.events.read'

/** What the bearer of a token may see of the log. Throws when that is nothing, or the token no longer holds. */
export async function eventAccess(
  authenticate: Authenticate,
  accessToken: string,
): Promise<EventAccess> {
  const caller = await authenticate(accessToken)
  const sessionId = caller.sessionId ?? ''
  const readable = caller.organizations(permission)
  if (readable === '*') return { sessionId, sees: () => true }
  if (readable.length === 0) throw AccessDenied({ permission })
  const organizations = new Set<string>(readable)
  return {
    sessionId,
    // A commit of no organization concerns the instance, so it is not for one organization's eyes.
    sees: ({ organizationId }) => organizationId !== undefined && organizations.has(organizationId),
  }
}
