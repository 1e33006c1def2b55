import { type EventCodec, type StoredEvent, UnknownEvent } from '@holdfast/event-log'

/**
 * Reads facts of other services by their published messages. Readers by type, one for each schema published, the
 * newest last; a newer schema stops the projection, for names and organizations decide who sees what.
 */
export function eventReader<E extends { readonly type: string }>(
  readers: Readonly<Record<E['type'], readonly ((data: Uint8Array) => E)[]>>,
): Pick<EventCodec<E>, 'decode'> {
  const known = new Map<string, readonly ((data: Uint8Array) => E)[]>(Object.entries(readers))
  return {
    decode({ type, schema, data }: StoredEvent) {
      const read = known.get(type)?.[schema - 1]
      if (!read) throw UnknownEvent({ type, schema })
      return read(data)
    },
  }
}
