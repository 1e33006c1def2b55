import { isUuid } from '@holdfast/domain'

/** The parts of `evt.<context>.<aggregate type>.<aggregate id>`. */
export interface SubjectParts {
  readonly context: string
  readonly aggregateType: string
  /** One or more UUIDs joined by dots. */
  readonly aggregateId: string
}

// Also keeps wildcards, spaces and text of users out.
const word = /^[a-z][a-z0-9_]{0,31}$/

const isAggregateId = (id: string): boolean => {
  const parts = id.split('.')
  return parts.length <= 4 && parts.every(isUuid)
}

/** Throws a RangeError for anything that is not an id: a subject is never made of user text. */
export function subjectOf(context: string, aggregateType: string, aggregateId: string): string {
  if (!word.test(context)) throw new RangeError(`not a context: ${JSON.stringify(context)}`)
  if (!word.test(aggregateType))
    throw new RangeError(`not an aggregate type: ${JSON.stringify(aggregateType)}`)
  if (!isAggregateId(aggregateId))
    throw new RangeError(`not an aggregate id: ${JSON.stringify(aggregateId.slice(0, 200))}`)
  return `evt.${context}.${aggregateType}.${aggregateId}`
}

const recent = new Map<string, SubjectParts>()
const maxRecent = 4096

/** Undefined when the subject is none of ours. */
export function parseSubject(subject: string): SubjectParts | undefined {
  const known = recent.get(subject)
  if (known) return known
  const [root, context = '', aggregateType = '', ...ids] = subject.split('.')
  const aggregateId = ids.join('.')
  const isOurs =
    root === 'evt' && word.test(context) && word.test(aggregateType) && isAggregateId(aggregateId)
  if (!isOurs) return undefined
  const parts = { context, aggregateType, aggregateId }
  // Readers see the same subjects over and over; parsing one costs as much as half a commit.
  if (recent.size >= maxRecent) recent.clear()
  recent.set(subject, parts)
  return parts
}
