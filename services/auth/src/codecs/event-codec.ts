import { type EventCodec, UnknownEvent } from '@holdfast/event-log'

/** How one event is stored. A changed shape is a further schema number, read by a further entry. */
interface Shape<Event> {
  readonly encode: (event: Event) => Uint8Array
  readonly decode: (data: Uint8Array) => Omit<Event, 'type'>
}

/** One entry for each event there is, so that a new event does not compile without its stored form. */
export type Shapes<Event extends { readonly type: string }> = {
  readonly [T in Event['type']]: Shape<Extract<Event, { readonly type: T }>>
}

/** Every event of this release has schema 1. */
const schema = 1

/** A codec of the shapes. Decoding refuses a type or schema it does not know: nothing of a history is skipped. */
export function eventCodec<Event extends { readonly type: string }>(
  shapes: Shapes<Event>,
): EventCodec<Event> {
  // The compiler cannot follow that the entry found by an event's type takes that event; `Shapes` says so.
  const byType = new Map(Object.entries(shapes)) as unknown as ReadonlyMap<string, Shape<Event>>
  return {
    encode(event) {
      const shape = byType.get(event.type)
      if (!shape) throw UnknownEvent({ type: event.type, schema })
      return { type: event.type, schema, data: shape.encode(event) }
    },
    decode(stored) {
      const shape = stored.schema === schema ? byType.get(stored.type) : undefined
      if (!shape) throw UnknownEvent({ type: stored.type, schema: stored.schema })
      return { ...shape.decode(stored.data), type: stored.type } as Event // `decode` gave all but the type
    },
  }
}
