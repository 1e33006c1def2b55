import { hmacSha256, type RootKey } from '@holdfast/crypto'
import { uuidFromBytes } from '@holdfast/domain'
import type { ReservationKind } from '../domain/reservation.ts'

/** The id of a name's reservation. Under a key of ours, so that the log does not give names away to a word list. */
export type ReservationIdOf = (kind: ReservationKind, name: string) => string

/** The same name in any case has the same id. */
export function reservationIds(rootKey: RootKey): ReservationIdOf {
  const key = rootKey.derive('reservations')
  return (kind, name) => {
    const id = hmacSha256(key, `${kind}|${name.normalize('NFC').toLowerCase()}`).slice(0, 16)
    // The marks of a version 8 UUID, RFC 9562 §5.8: made by a rule of our own.
    id[6] = ((id[6] ?? 0) & 0x0f) | 0x80
    id[8] = ((id[8] ?? 0) & 0x3f) | 0x80
    return uuidFromBytes(id)
  }
}
