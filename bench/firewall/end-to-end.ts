// What a firewall adds to a packet's way through the kernel: as many roads as there are firewalls, each packet of a
// trace on each of them in turn, and what the road without any takes is taken off.
import { readFileSync } from 'node:fs'
import {
  assignSlots,
  BpfObject,
  type BpfProgram,
  buildBlob,
  noSlots,
  sizeClass,
} from '@holdfast/bpf'
import { type Line, type Policy, policyVersion, type RuleSet } from '@holdfast/policy'
import { variablesIn } from '../../packages/bpf/src/btf/parse.ts'
import { fieldsOf } from './fields.ts'
import { median } from './measure.ts'
import { iptablesRules, nftList, nftMap } from './netfilter.ts'
import { compile, type Enforced, loadObject, systemLibbpf } from './programs.ts'
import { Road, toolMissing } from './road.ts'
import { policyOf, type RuleSetCase, seed } from './rule-sets.ts'
import { drawActive, drawTrace, type Trace, tracePackets } from './traffic.ts'

/** The committed object, as an agent loads it. */
const ourObject = (): Buffer => readFileSync(new URL('../../bpf/objects/hf_tc.o', import.meta.url))

export interface Sender {
  readonly deliver: BpfProgram
  readonly parse: BpfProgram
  setTrace(trace: Trace): void
  /** The next packet is this one. */
  rewind(packet: number): void
  close(): void
}

export function openSender(): Sender {
  const object = new BpfObject(systemLibbpf(), {
    name: 'hf_deliver',
    bytes: compile('deliver.bpf.c'),
  })
  try {
    object.load()
    const deliver = object.program('hf_b_deliver')
    const parse = object.program('hf_b_parse')
    const trace = object.map('hf_trace')
    const bss = object.map('.bss')
    const cursorAt = variablesIn(object.btf(), '.bss').get('hf_cursor')?.offset ?? 0
    const data = Buffer.alloc(bss.stride)
    return {
      deliver,
      parse,
      setTrace: ({ bytes }) => trace.update(0, bytes),
      rewind(packet) {
        data.writeUInt32LE(packet, cursorAt)
        bss.update(0, data)
      },
      close() {
        for (const each of [deliver, parse, trace, bss]) each.close()
      },
    }
  } finally {
    object.close()
  }
}

/** So that every packet comes to the end, whoever lets it through. */
export const allAllowed = (ruleSet: RuleSet): RuleSet => ({
  ...ruleSet,
  rules: ruleSet.rules.map((rule) => ({
    ...rule,
    settings: { ...rule.settings, action: 'allow' },
  })),
})

export interface OurRoad {
  readonly road: Road
  readonly lines: readonly Line[]
  close(): void
}

/** Our programs at TC, with a rule set in force. */
export function ourRoad(name: string, ruleSet: RuleSet): OurRoad {
  const policy: Policy = policyOf(allAllowed(ruleSet))
  const { slots } = assignSlots(noSlots, policy)
  const blob = buildBlob(policy, { version: policyVersion(policy), slots, generation: 1 })
  const opened: Enforced & { readonly program: BpfProgram } = loadObject(
    { name: 'hf_tc', bytes: ourObject() },
    sizeClass(blob.bytes.length),
    { hf_l2len: 14 },
    () => {},
    (object) => ({ program: object.program('hf_ingress') }),
  )
  opened.enforce(blob.bytes)
  const road = new Road(name)
  road.attach(opened.program)
  return {
    road,
    lines: policy.views[0]?.ingress4 ?? [],
    close() {
      road.remove()
      opened.program.close()
      opened.close()
    },
  }
}

export interface RoadTimes {
  readonly name: string
  /** Nanoseconds a packet, all of its way. */
  readonly whole: number
  /** What the road without any firewall takes less. */
  readonly added: number
}

interface Traveller {
  readonly road: Road
  readonly packets: number
  readonly trace?: Trace
}

/** A quarter as many go ahead untimed: what others left in the caches is not this road's. */
const ahead = 4

/** One road after the other, over and over; the first is the one without a firewall. */
export function travel(
  sender: Sender,
  roads: readonly Traveller[],
  turns: number,
): readonly RoadTimes[] {
  const wholes = roads.map((): number[] => [])
  const addeds = roads.map((): number[] => [])
  for (let turn = 0; turn < turns; turn++) {
    let bare = Number.NaN
    for (const [i, { road, packets, trace }] of roads.entries()) {
      if (trace) sender.setTrace(trace)
      const from = (turn * packets) % tracePackets
      sender.rewind(from + tracePackets - Math.ceil(packets / ahead))
      road.run(sender.deliver, Math.ceil(packets / ahead))
      sender.rewind(from)
      const whole = road.run(sender.deliver, packets)
      if (i === 0) bare = whole
      wholes[i]?.push(whole)
      addeds[i]?.push(whole - bare)
    }
  }
  return roads.map(({ road }, i) => ({
    name: road.name,
    whole: median(wholes[i] ?? []),
    added: median(addeds[i] ?? []),
  }))
}

export interface Comparison {
  readonly times: readonly RoadTimes[]
  readonly notes: readonly string[]
}

const fast = tracePackets
const slow = 1_500

/** Ours beside iptables, an nftables rule list and an nftables concatenated map, with one set of rules. */
export function compareFirewalls(sender: Sender, of: RuleSetCase, turns: number): Comparison {
  const notes: string[] = []
  const closers: (() => void)[] = []
  const open = (name: string): Road => {
    const road = new Road(name)
    closers.push(() => road.remove())
    return road
  }
  try {
    const bare = open('no firewall')
    const parse = open('parse only, TC')
    parse.attach(sender.parse)
    const ours = ourRoad('ours, TC', of.make())
    closers.push(() => ours.close())
    const fields = fieldsOf(ours.lines, 4)
    const trace = drawTrace(fields, 'uniform', seed)
    const active = drawActive(fields, seed)
    const travellers: Traveller[] = [
      { road: bare, packets: fast, trace },
      { road: parse, packets: fast },
      { road: ours.road, packets: fast },
    ]
    const foreign = (name: string, tool: string, words: readonly string[], text: string): void => {
      const missing = toolMissing(tool)
      if (missing !== undefined) {
        notes.push(`${name}: skipped, ${missing}`)
        return
      }
      const road = open(name)
      try {
        road.load(tool, words, text)
        travellers.push({ road, packets: slow })
      } catch (error) {
        notes.push(
          `${name}: skipped, ${error instanceof Error ? error.message.slice(0, 300) : error}`,
        )
      }
    }
    const map = nftMap(ours.lines)
    foreign('iptables-legacy', 'iptables-legacy-restore', [], iptablesRules(ours.lines))
    foreign('nftables rule list', 'nft', ['-f', '-'], nftList(ours.lines))
    foreign('nftables map', 'nft', ['-f', '-'], map.text)
    notes.push(
      `the nftables map holds the ${map.kept} of ${ours.lines.length} lines that overlap none before them`,
    )
    sender.setTrace(trace)
    for (const { road } of travellers) {
      const share = road.arriving(sender.deliver)
      if (share < 1) notes.push(`${road.name}: only ${share * 100} % of packets come to the end`)
    }
    const cold = travel(sender, travellers, turns)
    const [, , oursActive] = travel(
      sender,
      travellers.slice(0, 3).map((traveller) => ({ ...traveller, trace: active })),
      turns,
    )
    const times = [
      ...cold,
      ...(oursActive ? [{ ...oursActive, name: 'ours, TC, 1,000 active flows' }] : []),
    ]
    return { times, notes }
  } finally {
    for (const close of closers.reverse()) close()
  }
}

/** Ours with sets of every size and 1,000 active flows each, beside the road without. */
export function growth(
  sender: Sender,
  cases: readonly RuleSetCase[],
  turns: number,
): readonly RoadTimes[] {
  const closers: (() => void)[] = []
  try {
    const bare = new Road('no firewall')
    closers.push(() => bare.remove())
    const travellers: Traveller[] = cases.map((of) => {
      const ours = ourRoad(`${of.name} ${of.size.toLocaleString('en-US')}`, of.make())
      closers.push(() => ours.close())
      const trace = drawActive(fieldsOf(ours.lines, 4), seed)
      return { road: ours.road, packets: fast, trace }
    })
    const first = travellers[0]
    if (!first?.trace) return []
    return travel(sender, [{ road: bare, packets: fast, trace: first.trace }, ...travellers], turns)
  } finally {
    for (const close of closers.reverse()) close()
  }
}
