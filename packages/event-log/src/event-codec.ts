import { UnknownEvent } from './errors.ts'
import type { EventCodec, StoredEvent } from './types.ts'

/**
 * How one type of event is written and read. `decode` has one reader for each schema ever published, the
 * newest last, each answering the event as the domain knows it today: this is where old facts are brought up
 * to date. Published readers stay; a changed event gets another one, and `encode` writes the newest.
 */
export interface EventFormat<E> {
  encode(event: E): Uint8Array
  readonly decode: readonly ((data: Uint8Array) => E)[]
}

export type EventFormats<E extends { readonly type: string }> = {
  readonly [T in E['type']]: EventFormat<Extract<E, { readonly type: T }>>
}

/** `decode` throws `log.unknown_event` for what this release does not know. */
export function eventCodec<E extends { readonly type: string }>(
  formats: EventFormats<E>,
): EventCodec<E> {
  const known = new Map<string, EventFormat<E>>(
    // as: the map forgets which format goes with which type; `encode` looks up by that type
    Object.entries(formats) as unknown as [string, EventFormat<E>][],
  )
  return {
    encode(event): StoredEvent {
      const format = known.get(event.type)
      if (!format) throw new Error(`no format for ${event.type}`)
      return { type: event.type, schema: format.decode.length, data: format.encode(event) }
    },
    decode({ type, schema, data }) {
      const read = known.get(type)?.decode[schema - 1]
      if (!read) throw UnknownEvent({ type, schema })
      return read(data)
    },
  }
}
