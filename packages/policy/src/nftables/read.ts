import { defineError } from '@holdfast/errors'
import { ipNumber, parseIp } from '@holdfast/net'
import { bits, type Family } from '../family.ts'
import type { DevicePolicy, Line, LineRate, Policy, Prefix, View } from '../intermediate.ts'
import {
  type Action,
  actions,
  type Direction,
  directions,
  type FirewallSettings,
  type PortRange,
} from '../model.ts'
import { anyPrefix } from '../prefix.ts'
import { tcp, udp } from '../protocol-numbers.ts'
import { type Block, blocksOf, numbered, Words } from './listing.ts'
import {
  hookChain,
  judgedChain,
  limitedCounter,
  limitName,
  looksAtPorts,
  type PacketPart,
  ruleCounter,
  sourceSet,
  viewChain,
} from './names.ts'
import { renderDevice } from './render.ts'

/** What is loaded is not what `renderNftables` writes: somebody else's hand, or another version of nft. */
export const NftablesUnreadable = defineError(
  'policy.nftables_unreadable',
  'illegal_state',
  (d: { where: string; reason: string }) =>
    `the loaded table is not ours any more: ${d.where}: ${d.reason}`,
)

/**
 * The policy that `nft -nn -s list table netdev <table>` says is loaded. Everything that decides is read from what
 * nft prints of the kernel; only names nobody enforces (rules, interfaces) come from comments. What is printed in
 * any other form is refused: `policyVersion` of the result is a proof, a guess would not be.
 *
 * Stateful devices come back stateless, because that is what is enforced.
 */
export function readNftables(listing: string): Policy {
  const loaded = blocksOf(listing)
  const views = readViews(loaded)
  const devices: DevicePolicy[] = []
  for (let index = 0; loaded.has(`chain ${hookChain(index, 'ingress')}`); index++) {
    devices.push(readDevice(index, loaded))
  }
  const expected = 2 * 3 * devices.length + 2 * 4 * views.length
  const chains = [...loaded.keys()].filter((name) => name.startsWith('chain ')).length
  if (chains !== expected) throw unreadable('table', `${chains} chains instead of ${expected}`)
  return { devices, views }
}

const unreadable = (where: string, reason: string): Error => NftablesUnreadable({ where, reason })

function blockOf(loaded: ReadonlyMap<string, Block>, name: string): Block {
  const block = loaded.get(name)
  if (block === undefined) throw unreadable(name, 'is missing')
  return block
}

const label = /^comment "(wireguard|uplink)(?: ([A-Za-z0-9-]+))?"$/
const hook = /^type filter hook (?:ingress|egress) device "([^"]+)" priority /

/** A device's chains say little that varies: they are compared with what each of its settings would give. */
function readDevice(index: number, loaded: ReadonlyMap<string, Block>): DevicePolicy {
  const name = hookChain(index, 'ingress')
  const block = blockOf(loaded, `chain ${name}`)
  const labelled = block.map((line) => label.exec(line)).find((match) => match !== null)
  const device = block.map((line) => hook.exec(line)).find((match) => match !== null)?.[1]
  const view = blockOf(loaded, `chain ${judgedChain(index, 'ingress', '')}`)
    .map((line) => /jump v(\d+)-/.exec(line)?.[1])
    .find((found) => found !== undefined)
  if (!labelled || device === undefined || view === undefined) {
    throw unreadable(name, 'is no chain of ours')
  }
  const found = everySetting.find((firewall) => {
    const kind = labelled[1] === 'wireguard' ? 'wireguard' : 'uplink'
    const one = {
      device,
      kind,
      interfaceId: labelled[2] ?? '',
      view: Number(view),
      firewall,
    } as const
    return directions.every((direction) => isLoaded(index, one, direction, loaded))
  })
  if (found === undefined) throw unreadable(name, 'was changed')
  return {
    device,
    kind: labelled[1] === 'wireguard' ? 'wireguard' : 'uplink',
    interfaceId: labelled[2] ?? '',
    view: Number(view),
    firewall: found,
  }
}

const isLoaded = (
  index: number,
  device: DevicePolicy,
  direction: Direction,
  loaded: ReadonlyMap<string, Block>,
): boolean =>
  renderDevice(index, device, direction).every(({ name, body }) => {
    const lines = blockOf(loaded, `chain ${name}`)
    return lines.length === body.length && body.every((line, i) => numbered(line) === lines[i])
  })

const verdicts = ['pass', 'drop'] as const
const everySetting: readonly FirewallSettings[] = verdicts.flatMap((defaultVerdict) =>
  verdicts.flatMap((unparsableVerdict) =>
    [false, true].map((dropsFragments) => ({
      defaultVerdict,
      unparsableVerdict,
      dropsFragments,
      isStateful: false,
    })),
  ),
)

function readViews(loaded: ReadonlyMap<string, Block>): View[] {
  const views: View[] = []
  for (let index = 0; loaded.has(`chain ${viewChain(index, 'ingress', 4, '')}`); index++) {
    const list = (direction: Direction, family: Family): Line[] => {
      const read = (part: PacketPart): Line[] => {
        const name = viewChain(index, direction, family, part)
        return readLines(blockOf(loaded, `chain ${name}`), { name, direction, family, loaded })
      }
      const lines = read('')
      const withoutPorts = lines.filter((line) => !looksAtPorts(line))
      if (!isSame(read('-later'), withoutPorts)) {
        throw unreadable(
          viewChain(index, direction, family, '-later'),
          'other rules than for whole packets',
        )
      }
      return lines
    }
    views.push({
      ingress4: list('ingress', 4),
      egress4: list('egress', 4),
      ingress6: list('ingress', 6),
      egress6: list('egress', 6),
    })
  }
  return views
}

interface Chain {
  readonly name: string
  readonly direction: Direction
  readonly family: Family
  readonly loaded: ReadonlyMap<string, Block>
}

function readLines(block: Block, chain: Chain): Line[] {
  const lines: Line[] = []
  for (let i = 0; i < block.length; i++) {
    const text = block[i] ?? ''
    const rule = readRule(text, chain)
    if (rule.line.action === 'rate_limit') {
      // The rule for what is beyond the limit must follow and match the very same packets.
      const beyond = readRule(block[++i] ?? '', chain)
      if (
        !rule.isWithin ||
        beyond.isWithin ||
        !isSame(beyond.match, rule.match) ||
        beyond.line.ruleId !== rule.line.ruleId
      ) {
        throw unreadable(chain.name, `a rate limit without what is beyond it: ${text}`)
      }
    }
    lines.push(rule.line)
  }
  return lines
}

const isSame = (a: unknown, b: unknown): boolean =>
  JSON.stringify(a, bigints) === JSON.stringify(b, bigints)

const bigints = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? value.toString() : value

interface Match {
  source: Prefix
  destination: Prefix
  protocol: number | undefined
  sourcePorts: PortRange | undefined
  destinationPorts: PortRange | undefined
}

interface ReadRule {
  readonly line: Line
  readonly match: Match
  /** Of a rate limit: the rule for what is within it. */
  readonly isWithin: boolean
}

function readRule(text: string, chain: Chain): ReadRule {
  const words = new Words(text)
  const refuse = (): Error => unreadable(chain.name, `not a rule of ours: ${text}`)
  const match = readMatch(words, chain.family, refuse)
  const limit = readLimit(words, chain, refuse)
  const isLogged = words.take('log', 'group')
  if (isLogged) words.next()
  const counter = words.take('counter', 'name') ? unquoted(words.next()) : undefined
  const verdict = words.take('accept') ? 'accept' : words.take('drop') ? 'drop' : undefined
  if (!words.take('comment')) throw refuse()
  const [who = '', said = '', logs] = unquoted(words.next()).split(' ')
  const action = actions.find((one) => one === said)
  if (action === undefined || !words.isAtEnd) throw refuse()

  const isImplicit = who.startsWith('!')
  const rate = limit && rateOf(limit, who, chain.family)
  const isBeyond = action === 'rate_limit' && limit === undefined
  // What the comment says must be what the rule does.
  const isSaid =
    verdict === verdictOf(action, isBeyond, verdict === undefined) &&
    counter === (isImplicit ? undefined : counterOf(who, chain.direction, isBeyond)) &&
    (action === 'rate_limit' || limit === undefined) &&
    (limit === undefined) === (rate === undefined) &&
    (!isLogged || logs === 'logs')
  if (!isSaid) throw refuse()
  const line: Line = {
    ruleId: isImplicit ? '' : who,
    implicit: isImplicit ? who.slice(1) : '',
    ...match,
    action,
    continues: verdict === undefined,
    logs: logs === 'logs',
    rate,
  }
  return { line, match, isWithin: limit !== undefined }
}

function verdictOf(action: Action, isBeyond: boolean, continues: boolean): string | undefined {
  if (action === 'log' && continues) return undefined
  return action === 'deny' || isBeyond ? 'drop' : 'accept'
}

const counterOf = (ruleId: string, direction: Direction, isBeyond: boolean): string =>
  isBeyond ? limitedCounter(ruleId, direction) : ruleCounter(ruleId, direction)

const unquoted = (text: string): string => text.replace(/^"(.*)"$/, '$1')

function readMatch(words: Words, family: Family, refuse: () => Error): Match {
  const match: Match = {
    source: anyPrefix,
    destination: anyPrefix,
    protocol: undefined,
    sourcePorts: undefined,
    destinationPorts: undefined,
  }
  const ip = family === 4 ? 'ip' : 'ip6'
  if (words.take(ip, 'saddr')) match.source = readPrefix(words.next(), family, refuse)
  if (words.take(ip, 'daddr')) match.destination = readPrefix(words.next(), family, refuse)
  if (words.take('meta', 'l4proto')) match.protocol = readNumber(words.next(), 255, refuse)
  for (const [name, protocol] of [
    ['tcp', tcp],
    ['udp', udp],
  ] as const) {
    for (const [field, side] of [
      ['sport', 'sourcePorts'],
      ['dport', 'destinationPorts'],
    ] as const) {
      if (!words.take(name, field)) continue
      // The first says the protocol, and no other has been said.
      if (match.protocol !== undefined && (match.protocol !== protocol || !match.sourcePorts)) {
        throw refuse()
      }
      match.protocol = protocol
      match[side] = readRange(words.next(), refuse)
    }
  }
  return match
}

function readNumber(text: string, most: number, refuse: () => Error): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > most) throw refuse()
  return Number(text)
}

function readRange(text: string, refuse: () => Error): PortRange {
  const [from = '', to = from, ...rest] = text.split('-')
  if (rest.length > 0) throw refuse()
  return { from: readNumber(from, 65535, refuse), to: readNumber(to, 65535, refuse) }
}

function readPrefix(text: string, family: Family, refuse: () => Error): Prefix {
  const [address = '', length] = text.split('/')
  const ip = parseIp(address)
  if (!ip.ok) throw refuse()
  const number = ipNumber(ip.value)
  if (number.family !== family) throw refuse()
  return {
    value: number.value,
    length: length === undefined ? bits[family] : readNumber(length, bits[family], refuse),
  }
}

const limitShape = /^rate (\d+)\/second(?: burst (\d+) packets)?$/
/** What nft leaves unsaid. */
const defaultBurst = 5

interface ReadLimit {
  /** The object that keeps its state. */
  readonly object: string
  readonly isForSources: boolean
  readonly pps: number
  readonly burst: number
}

/** A limit by name has its rate in the object; one for each source has it in the rule. */
function readLimit(words: Words, chain: Chain, refuse: () => Error): ReadLimit | undefined {
  const { loaded, family } = chain
  if (words.take('limit', 'name')) {
    const object = unquoted(words.next())
    return limitOf(object, false, blockOf(loaded, `limit ${object}`).join(' '), refuse)
  }
  if (!words.take('update')) return undefined
  const object = words.next().replace('@', '')
  const set = blockOf(loaded, `set ${object}`).join(' ')
  if (!set.startsWith(`type ipv${family}_addr size `)) throw refuse()
  if (!words.take('{', family === 4 ? 'ip' : 'ip6', 'saddr', 'limit')) throw refuse()
  return limitOf(object, true, words.until('}'), refuse)
}

function limitOf(
  object: string,
  isForSources: boolean,
  text: string,
  refuse: () => Error,
): ReadLimit {
  const [whole, pps, burst = `${defaultBurst}`] = limitShape.exec(text) ?? []
  if (whole === undefined) throw refuse()
  return { object, isForSources, pps: Number(pps), burst: Number(burst) }
}

/** Undefined when the object is another rule's. */
function rateOf(
  { object, isForSources, pps, burst }: ReadLimit,
  ruleId: string,
  family: Family,
): LineRate | undefined {
  if (isForSources) {
    return object === sourceSet(ruleId, family) ? { pps, burst, bucket: 'source' } : undefined
  }
  const start = limitName(ruleId, '')
  return object.startsWith(start) ? { pps, burst, bucket: object.slice(start.length) } : undefined
}
