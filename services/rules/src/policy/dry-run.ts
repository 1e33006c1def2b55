import { invalid } from '@holdfast/errors'
import { printIp } from '@holdfast/net'
import { type Direction, type IpPacket, judge, packetOf, type RuleSet } from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'
import { directionFrom, printPacket } from '../grpc/packet-message.ts'
import type { Host } from '../topology/host.ts'
import { devicesOf, type HostDevice } from './device-in-question.ts'
import { flowVerdict, policies } from './judge-packet.ts'
import { namesOf, type Situation } from './situation.ts'

type Summaries = readonly holdfast.audit.v1.FlowSummary.$Properties[]
type Changed = holdfast.rules.v1.ChangedFlow.$Properties
type Answer = holdfast.rules.v1.DryRunChangeResponse.$Properties

const maxChanged = 100

/** A recorded flow as a packet again; undefined when it cannot be one. */
export function packetOfFlow(
  record: holdfast.agent.v1.FlowRecord.$Properties | null | undefined,
): { readonly packet: IpPacket; readonly direction: Direction } | undefined {
  const m = new holdfast.agent.v1.FlowRecord(record ?? {})
  const { length } = m.source
  if ((length !== 4 && length !== 16) || m.destination.length !== length) return undefined
  const packet = packetOf({
    source: addressOf(m.source),
    destination: addressOf(m.destination),
    protocol: m.protocol,
    sourcePort: m.sourcePort,
    destinationPort: m.destinationPort,
  })
  return { packet, direction: directionFrom(m.direction) }
}

function addressOf(bytes: Uint8Array): string {
  const value = BigInt(`0x${Buffer.from(bytes).toString('hex')}`)
  return printIp({ family: bytes.length === 4 ? 4 : 6, value })
}

/**
 * What a change does to recorded flows: each is judged by the rules as they are and as they would be, by the one
 * evaluator. What could not be judged, and what nobody recorded, is said in `coverage`.
 */
export function dryRun(
  before: Situation,
  after: RuleSet,
  flows: Summaries,
  recorded: readonly string[],
): Answer {
  const policyBefore = policies(before)
  const policyAfter = policies({ ...before, ruleSet: after })
  const names = new Map([...namesOf(before.ruleSet.rules), ...namesOf(after.rules)])
  const deviceOf = devicesByName(before.hosts)
  const changed: Changed[] = []
  let [judged, dropped, passed, homeless] = [0, 0, 0, 0]
  for (const { flow, records } of flows) {
    const count = Math.max(1, records ?? 1)
    const device = deviceOf(flow?.nodeId ?? '', flow?.record?.device ?? '')
    const found = packetOfFlow(flow?.record)
    if (!device || !found) {
      homeless += count
      continue
    }
    judged += count
    const { packet, direction } = found
    const was = judge(policyBefore(device.host), device.device, direction, packet)
    const is = judge(policyAfter(device.host), device.device, direction, packet)
    if (was.verdict === is.verdict) continue
    if (is.verdict === 'drop') dropped += count
    else passed += count
    const ruleId = is.line?.ruleId ?? ''
    const peerId = flow?.peerId ?? ''
    changed.push({
      packet: printPacket(packet, direction),
      interfaceName: `${device.device} on ${device.host.name}`,
      peerName: device.host.peers.get(peerId)?.name ?? '',
      before: flowVerdict(was),
      after: flowVerdict(is),
      ruleId,
      ruleName: names.get(ruleId) ?? is.line?.implicit ?? '',
      packets: flow?.record?.packets ?? 0,
      flows: count,
      lastUnixMs: flow?.record?.lastUnixMs ?? 0,
    })
  }
  changed.sort((a, b) => (b.flows ?? 0) - (a.flows ?? 0) || (b.packets ?? 0) - (a.packets ?? 0))
  return {
    flows: judged,
    newlyDroppedFlows: dropped,
    newlyPassedFlows: passed,
    changed: changed.slice(0, maxChanged),
    coverage: [...recorded, ...limits(before, homeless)],
  }
}

/** What the judgement leaves out, in words. */
function limits({ hosts, ruleSet }: Situation, homeless: number): readonly string[] {
  const words = ['flows are judged on the nodes, interfaces and peers of now']
  if (homeless > 0) {
    words.push(`${homeless} flow(s) were left out: their device is not there any more, or is off`)
  }
  const settings = hosts.flatMap(({ facts }) =>
    [...facts.interfaces, ...facts.uplinks].map(({ firewall }) => firewall),
  )
  if (settings.some(({ isStateful }) => isStateful)) {
    words.push('on stateful devices answers to flows that were let in pass, whatever is said here')
  }
  if (ruleSet.rules.some(({ settings: { action } }) => action === 'rate_limit')) {
    words.push('rate limits count as not exceeded')
  }
  return words
}

function devicesByName(hosts: readonly Host[]) {
  const devices = new Map<string, HostDevice>()
  for (const device of hosts.flatMap(devicesOf)) {
    devices.set(`${device.host.facts.nodeId} ${device.device}`, device)
  }
  return (nodeId: string, device: string) => devices.get(`${nodeId} ${device}`)
}

const maxSpanMs = 31 * 86_400_000
const defaultSpanMs = 7 * 86_400_000

/** The time a dry run looks at: the last seven days when nothing is said. Throws `invalid`. */
export function spanOf(
  request: { readonly fromUnixMs: number; readonly toUnixMs: number },
  now: number,
): { readonly fromUnixMs: number; readonly toUnixMs: number } {
  const toUnixMs = request.toUnixMs === 0 ? now : request.toUnixMs
  const fromUnixMs = request.fromUnixMs === 0 ? toUnixMs - defaultSpanMs : request.fromUnixMs
  if (fromUnixMs >= toUnixMs) {
    throw invalid({ field: 'from', code: 'range_reversed', detail: 'must be before to' })
  }
  if (toUnixMs - fromUnixMs > maxSpanMs) {
    throw invalid({
      field: 'from',
      code: 'out_of_range',
      detail: 'may be 31 days before to at most',
    })
  }
  return { fromUnixMs, toUnixMs }
}
