import type { Ingest } from '../ingest.ts'

/** What happened, for programs outside: `events.<organization or "instance">.<action code>`. */
export const eventsStream = 'EVENTS'
const context = 'events'
/** Stands where a fact belongs to no organization. */
const instance = 'instance'

export const eventSubject = (organizationId: string | undefined, action: string): string =>
  `${context}.${organizationId ?? instance}.${action}`

/** The reader of a subscriber on the server: auth allows its use, notify makes and removes it. */
export const subscriberConsumer = (subscriberId: string): string => `subscriber-${subscriberId}`

/** Notify alone writes it; its token is known to it alone (ingest.ts). */
export const eventsPermission = (ingest: Ingest): string =>
  `in.${ingest.token('events-notify')}.${context}.>`

export const eventsTransform = { src: 'in.*.events.>', dest: 'events.>' } as const

/** The subjects the stream listens to. */
export const eventsIngestSubject = (token: string, subject: string): string =>
  `in.${token}.${subject}`

/** Codes have three parts (packages/catalogue); what has fewer is the beginning of some. */
const isWhole = (action: string): boolean => action.split('.').length >= 3

/**
 * What a subscriber reads: of one organization, or of all and the instance itself; everything, or what these action
 * codes, or beginnings of them up to a dot, take in.
 */
export function subscribedSubjects(options: {
  readonly organizationId: string | undefined
  readonly actions: readonly string[]
}): readonly string[] {
  const where = `${context}.${options.organizationId ?? '*'}`
  if (options.actions.length === 0) return [`${where}.>`]
  return withoutOverlap(options.actions).map((action) =>
    isWhole(action) ? `${where}.${action}` : `${where}.${action}.>`,
  )
}

/** The server refuses a consumer one of whose subjects takes in another. */
const withoutOverlap = (actions: readonly string[]): readonly string[] =>
  [...new Set(actions)].filter((action) => !actions.some((other) => action.startsWith(`${other}.`)))
