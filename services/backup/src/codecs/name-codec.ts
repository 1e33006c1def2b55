import type { NameEvent } from '@holdfast/domain'
import { eventCodec } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'

const { NameReleased, NameReserved } = holdfast.backup.v1

export const nameCodec = eventCodec<NameEvent>({
  NameReserved: {
    encode: ({ holderId }) => NameReserved.encode({ holderId }).finish(),
    decode: [(data) => ({ type: 'NameReserved', holderId: NameReserved.decode(data).holderId })],
  },
  NameReleased: {
    encode: ({ holderId }) => NameReleased.encode({ holderId }).finish(),
    decode: [(data) => ({ type: 'NameReleased', holderId: NameReleased.decode(data).holderId })],
  },
})
