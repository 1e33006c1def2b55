import { holdfast } from '@holdfast/proto'
import type { ReservationEvent } from '../domain/reservation.ts'
import { eventCodec } from './event-codec.ts'
import { userIdFrom } from './stored-fields.ts'

const { NameReleased, NameReserved } = holdfast.auth.v1

export const reservationCodec = eventCodec<ReservationEvent>({
  NameReserved: {
    encode: ({ userId }) => NameReserved.encode({ userId }).finish(),
    decode: (data) => ({ userId: userIdFrom(NameReserved.decode(data).userId) }),
  },
  NameReleased: {
    encode: ({ userId }) => NameReleased.encode({ userId }).finish(),
    decode: (data) => ({ userId: userIdFrom(NameReleased.decode(data).userId) }),
  },
})
