import { expect, test } from 'vitest'
import { parseAckSubject } from './ack-subject.ts'

test('both forms of the reply subject tell the position', () => {
  const position = {
    streamSequence: 42n,
    consumerSequence: 7,
    storedAtUnixMs: 1_700_000_000_000,
    storedAtUnixNs: '1700000000000000000',
    pending: 3,
  }
  expect(parseAckSubject('$JS.ACK.EVT_1.reader.1.42.7.1700000000000000000.3')).toEqual(position)
  expect(parseAckSubject('$JS.ACK._.A1B2.EVT_1.reader.1.42.7.1700000000000000000.3')).toEqual(
    position,
  )
  expect(parseAckSubject('$JS.ACK.hub.A1B2.EVT_1.reader.1.42.7.1700000000000000000.3.x9')).toEqual(
    position,
  )
})

test('anything else tells none', () => {
  for (const subject of [
    '',
    '_INBOX_network.abc',
    '$JS.ACK.EVT_1.reader.1.42.7',
    '$JS.ACK.EVT_1.reader.1.x.7.1.3',
    '$JS.ACK.EVT_1.reader.1.0.7.1.3',
    '$JS.ACK.EVT_1.reader.1.42.7.x.3',
    '$JS.ACK.EVT_1.reader.1.42.7.1.3.4',
  ])
    expect(parseAckSubject(subject)).toBeUndefined()
})
