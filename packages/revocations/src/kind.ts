import type { StoredEvent } from '@holdfast/event-log'

/**
 * What is carried over for one kind of aggregate. Both states are folds of its history: `then` up to the restored
 * point, `end` up to the end of the source. What comes out are ordinary events on top of `then`.
 */
export interface Kind<State> {
  /** `<context>.<aggregate type>` */
  readonly name: string
  /** Whether every aggregate of the kind has to be folded, not only those that changed since. */
  readonly needsAll?: boolean
  initial(): State
  evolve(state: State, event: StoredEvent): void
  carry(then: State, end: State): readonly StoredEvent[]
}

export const event = (type: string, data: Uint8Array): StoredEvent => ({ type, schema: 1, data })

/** The stored event as it was: what is sealed in it is bound to its object and opens there again. */
export const again = (stored: StoredEvent | undefined): readonly StoredEvent[] =>
  stored ? [stored] : []
