import { holdfast } from '@holdfast/proto'
import { expect, test } from 'vitest'
import { ruleIdOf, settingsOf } from '../domain/fixtures.ts'
import { host } from '../testing/host-fixtures.ts'
import { packetsOf, simulate } from './simulate.ts'
import type { Situation } from './situation.ts'

const { FlowVerdict } = holdfast.agent.v1

/** A capture of raw IP packets. */
function pcap(packets: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(24)
  header.writeUInt32LE(0xa1b2c3d4, 0)
  header.writeUInt32LE(65_535, 16)
  header.writeUInt32LE(101, 20)
  const records = packets.map((bytes) => {
    const record = Buffer.alloc(16)
    record.writeUInt32LE(bytes.length, 8)
    record.writeUInt32LE(bytes.length, 12)
    return Buffer.concat([record, bytes])
  })
  return Buffer.concat([header, ...records])
}
/** UDP in IPv4, to a port. */
function udp(port: number, lastByte = 2): Buffer {
  const bytes = Buffer.alloc(28)
  bytes.writeUInt8(0x45, 0)
  bytes.writeUInt16BE(28, 2)
  bytes.writeUInt8(17, 9)
  bytes.set([10, 20, 1, lastByte, 10, 10, 0, 5], 12)
  bytes.writeUInt16BE(4000, 20)
  bytes.writeUInt16BE(port, 22)
  bytes.writeUInt16BE(8, 24)
  return bytes
}

const situation: Situation = {
  ruleSet: {
    rules: [
      {
        id: ruleIdOf(1),
        settings: settingsOf(1, { action: 'log', continues: true }),
        order: 1,
      },
      {
        id: ruleIdOf(2),
        settings: settingsOf(2, { protocol: 'udp', destinationPorts: { from: 53, to: 53 } }),
        order: 2,
      },
    ],
    isLockoutAllowed: false,
  },
  tests: [],
  hosts: [host(1)],
  atUnixMs: 0,
}

test('each packet of a capture is judged, and what recorded it is named', () => {
  const packets = packetsOf(pcap([udp(53), udp(54), Buffer.from([0x45, 0])]))
  const verdicts = simulate(situation, { interface: '', node: '' }, packets, 'ingress')
  expect(verdicts).toMatchObject([
    {
      verdict: FlowVerdict.FLOW_VERDICT_DROP,
      ruleName: 'rule-2',
      loggedBy: ['rule-1'],
      packet: { source: '10.20.1.2', protocol: 'udp', destinationPort: 53 },
    },
    { verdict: FlowVerdict.FLOW_VERDICT_PASS, decidedBy: 'default', loggedBy: ['rule-1'] },
    { verdict: FlowVerdict.FLOW_VERDICT_UNPARSABLE, decidedBy: 'unparsable', packet: null },
  ])
})

test('a capture that is too much for one answer is refused', () => {
  const many = Array.from({ length: 5001 }, (_, i) => udp(i))
  const ask = () =>
    simulate(situation, { interface: '', node: '' }, packetsOf(pcap(many)), 'egress')
  expect(ask).toThrow('5000 different packets')
  const same = Array.from({ length: 20_001 }, () => udp(1))
  expect(() => packetsOf(pcap(same))).toThrow('20000 packets at most')
  expect(() => packetsOf(Buffer.alloc(5_000_000))).toThrow('4 MiB')
  expect(() => packetsOf(Buffer.from('nonsense'))).toThrow('cannot be read')
})
