/** What the stream ACCESS tells of: who came, who was turned away, who read the trail. */
export interface AccessAction {
  /** `access.<action>`; stable for good, as those of the log. */
  readonly code: string
  /** As records have it. */
  readonly action: string
  /** A sentence without its subject, for people: "signed in". */
  readonly title: string
}

const titles: Readonly<Record<string, string>> = {
  login: 'signed in, or tried to',
  refresh: 'renewed a session',
  logout: 'signed out',
  change_password: 'changed a password, or tried to',
  denied: 'was turned away',
  audit_read: 'read the audit trail',
  several: 'did several of these, summed up',
}

export const accessCode = (action: string): string => `access.${action}`

export const accessActions: readonly AccessAction[] = Object.entries(titles).map(
  ([action, title]) => ({ code: accessCode(action), action, title }),
)
