import { isUuid } from '@holdfast/domain'
import type { Commit } from '@holdfast/event-log'
import { actionOf, type ObjectKind } from './actions.ts'
import { messageOf } from './print-commit.ts'

/** What an event is about. */
export interface Target {
  /** `ObjectKind`, or the aggregate type of an event this release does not know. */
  readonly kind: string
  readonly id: string
  /** As it is called from then on; empty when the event does not say, and always for people. */
  readonly name: string
}

/** An event as the audit trail tells it. */
export interface Deed {
  readonly event: string
  readonly action: string
  readonly target: Target
}

/** Where the id stands of objects that live inside an aggregate. The aggregate's own id is the last of its subject. */
const inner: Partial<Record<ObjectKind, readonly string[]>> = {
  peer: ['peerId'],
  rule: ['ruleId'],
  policy_test: ['testId', 'test'],
  change_set: ['changeSetId', 'applyId'],
}

/** Each event of a commit: what was done, and to what. Peers and rules are targets of their own. */
export const deedsOf = (commit: Commit): readonly Deed[] =>
  commit.events.map((event) => {
    const { context, aggregateType } = commit
    const known = actionOf(context, event.type)
    const aggregateId = commit.aggregateId.split('.').at(-1) ?? commit.aggregateId
    if (!known) {
      // Of a later release: named by the rule the catalogue follows.
      const action = `${context}.${aggregateType}.${snakeCase(event.type)}`
      return {
        event: event.type,
        action,
        target: { kind: aggregateType, id: aggregateId, name: '' },
      }
    }
    const message: unknown = messageOf(context, event.type, event.schema)?.decode(event.data)
    const id = (inner[known.kind] ?? []).map((field) => idIn(member(message, field))).find(Boolean)
    // What speaks of no draft of its own speaks of the rule set.
    const kind = inner[known.kind] && id === undefined ? aggregateType : known.kind
    return {
      event: event.type,
      action: known.code,
      target: { kind, id: id ?? aggregateId, name: nameIn(message) },
    }
  })

const member = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined

/** An id, or that of the object it is the id of. */
function idIn(value: unknown): string | undefined {
  const id = typeof value === 'object' ? member(value, 'id') : value
  return typeof id === 'string' && isUuid(id) ? id : undefined
}

/** Names people gave. What is sealed is no text, and is left out. */
function nameIn(message: unknown): string {
  for (const name of [
    member(message, 'name'),
    member(member(message, 'settings'), 'name'),
    member(member(message, 'test'), 'name'),
    member(message, 'nodeName'),
    member(message, 'title'),
  ]) {
    if (typeof name === 'string' && name !== '') return name
  }
  return ''
}

const snakeCase = (type: string): string =>
  type
    .replaceAll(/(?<=[a-z0-9])[A-Z]/g, (letter) => `_${letter}`)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_]/g, '_')
