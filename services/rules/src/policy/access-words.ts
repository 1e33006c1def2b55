import {
  type AccessDifference,
  type AddressRange,
  type Decision,
  type InterfaceFacts,
  isEveryAddress,
  isEveryPort,
  otherAddresses,
  type PacketKind,
  type PacketRegion,
  type PortRange,
  peerRegions,
  printAddresses,
  protocolName,
  rangesOf,
} from '@holdfast/policy'

/** The words for a difference of access on one device, without saying which device. */
export interface AccessWords {
  readonly source: string
  readonly destination: string
  readonly protocol: string
  readonly sourcePorts: readonly PortRange[]
  readonly destinationPorts: readonly PortRange[]
  readonly before: string
  readonly beforeBy: string
  readonly beforeRuleId: string
  readonly after: string
  readonly afterBy: string
  readonly afterRuleId: string
  /** Whether the words are true of the other family as well, should it fare alike. */
  readonly saysFamily: boolean
  /** Who no longer reaches what, and why. */
  readonly sentence: string
}

/** What names things have: rules before and after, and the peers of the device. */
export interface Names {
  readonly before: ReadonlyMap<string, string>
  readonly after: ReadonlyMap<string, string>
  readonly peers: ReadonlyMap<string, string>
}

/** Ranges that are said one by one. */
const maxRanges = 6

export function accessWords(
  { packets, before, after, direction }: AccessDifference,
  device: InterfaceFacts | undefined,
  names: Names,
): AccessWords {
  const beforeBy = decidedBy(before, names.before)
  const afterBy = decidedBy(after, names.after)
  const why = reason(before, beforeBy, after, afterBy)
  const decisions = {
    before: before.outcome,
    beforeBy,
    beforeRuleId: before.line?.ruleId ?? '',
    after: after.outcome,
    afterBy,
    afterRuleId: after.line?.ruleId ?? '',
  }
  if (packets === 'unparsable') {
    const fate = after.outcome === 'drop' ? 'are now dropped' : 'now pass'
    return {
      ...decisions,
      source: 'anyone',
      destination: 'anything',
      protocol: 'unparsable',
      sourcePorts: [],
      destinationPorts: [],
      saysFamily: true,
      sentence: `packets that cannot be parsed ${fate}`,
    }
  }
  // A peer is whoever is behind the device: where packets come from on the way in, where they go on the way out.
  const isPeerSide = (side: 'source' | 'destination'): boolean =>
    side === (direction === 'ingress' ? 'source' : 'destination')
  const side = (which: 'source' | 'destination', ranges: readonly AddressRange[]): Side =>
    sideOf(packets, ranges, isPeerSide(which) ? device : undefined, names.peers)
  const source = side('source', packets.sources)
  const destination = side('destination', packets.destinations)
  const sourcePorts = isEveryPort(packets.sourcePorts) ? [] : packets.sourcePorts
  const destinationPorts = isEveryPort(packets.destinationPorts) ? [] : packets.destinationPorts
  const protocol = protocolWords(packets)
  const from = source.text === '' ? 'anyone' : source.text
  const to = destination.text === '' ? 'anything' : destination.text
  const what = [service(protocol, destinationPorts), portsFrom(sourcePorts)].filter(Boolean)
  const on = what.length === 0 ? '' : ` on ${what.join(' ')}`
  return {
    ...decisions,
    source: from,
    destination: to,
    protocol,
    sourcePorts,
    destinationPorts,
    saysFamily: source.saysFamily || destination.saysFamily,
    sentence: `${from} ${verb(before, after)} ${to}${on}${limit(after)} (${why})`,
  }
}

interface Side {
  /** Empty for every address. */
  readonly text: string
  /** Whether it can be of one family only. */
  readonly saysFamily: boolean
}

function sideOf(
  { family }: PacketRegion,
  ranges: readonly AddressRange[],
  device: InterfaceFacts | undefined,
  peers: ReadonlyMap<string, string>,
): Side {
  if (isEveryAddress(family, ranges)) return { text: '', saysFamily: false }
  const named = device && peersIn(family, ranges, device, peers)
  if (named) return { text: named, saysFamily: false }
  const others = otherAddresses(family, ranges)
  const isInverted = others.length < ranges.length
  const listed = isInverted ? others : ranges
  const shown = listed.slice(0, maxRanges).map((range) => printAddresses(family, range))
  const more = listed.length > maxRanges ? ` and ${listed.length - maxRanges} more ranges` : ''
  const list = `${shown.join(', ')}${more}`
  return { text: isInverted ? `anyone but ${list}` : list, saysFamily: true }
}

/** Peers whose addresses of the family these are, all of them and no others; at most three are named. */
function peersIn(
  family: 4 | 6,
  ranges: readonly AddressRange[],
  device: InterfaceFacts,
  names: ReadonlyMap<string, string>,
): string | undefined {
  const found: string[] = []
  let size = 0n
  for (const [peerId, region] of peerRegions(device)) {
    const own = rangesOf(family, region[family])
    if (own.length === 0 || !own.every((range) => isWithin(range, ranges))) continue
    found.push(`peer ${names.get(peerId) ?? peerId}`)
    if (found.length > 3) return undefined
    for (const { first, last } of own) size += last - first + 1n
  }
  const whole = ranges.reduce((sum, { first, last }) => sum + last - first + 1n, 0n)
  return found.length > 0 && size === whole ? found.join(', ') : undefined
}

const isWithin = ({ first, last }: AddressRange, ranges: readonly AddressRange[]): boolean =>
  ranges.some((range) => range.first <= first && last <= range.last)

const others = 'other protocols'

/** `any`, `tcp`, `tcp, icmp`, `anything but udp`. */
function protocolWords({ kinds, allKinds, fragments }: PacketRegion): string {
  const word = fragments === 'only' ? 'fragments of ' : ''
  if (kinds.length === allKinds.length) return fragments === 'only' ? 'fragments' : 'any'
  const has = (kind: PacketKind): boolean => kinds.includes(kind)
  const said: string[] = []
  const unsaid: string[] = []
  for (const kind of allKinds) {
    const { protocol, isLaterFragment } = kind
    const name = protocol === 'others' ? others : protocolName(protocol)
    const twin = allKinds.find(
      (other) => other.protocol === protocol && other.isLaterFragment !== isLaterFragment,
    )
    if (twin === undefined) (has(kind) ? said : unsaid).push(name)
    else if (!isLaterFragment) {
      // Whole packets and later fragments of a protocol are told apart only where a rule asks for ports.
      if (has(kind) === has(twin)) (has(kind) ? said : unsaid).push(name)
      else if (has(kind)) said.push(name)
      else said.push(`later fragments of ${name}`)
    }
  }
  const isMost = said.includes(others) && unsaid.length > 0
  return isMost ? `${word}anything but ${unsaid.join(', ')}` : `${word}${said.join(', ')}`
}

const portText = ({ from, to }: PortRange): string => (from === to ? `${from}` : `${from}-${to}`)

function service(protocol: string, ports: readonly PortRange[]): string {
  if (ports.length > 0) return `${ports.map(portText).join(', ')}/${protocol.replaceAll(', ', '+')}`
  return protocol === 'any' ? '' : protocol
}

const portsFrom = (ports: readonly PortRange[]): string =>
  ports.length === 0 ? '' : `from source port ${ports.map(portText).join(', ')}`

function verb(before: Decision, after: Decision): string {
  if (after.outcome === 'drop') return 'no longer reaches'
  if (before.outcome === 'drop') return 'now reaches'
  return after.outcome === 'rate_limit' ? 'now reaches' : 'now reaches without a limit'
}

const limit = ({ rate }: Decision): string => {
  if (!rate) return ''
  const each = rate.bucket === 'rule' ? '' : ` for each ${rate.bucket}`
  return ` at ${rate.pps} packets a second at most${each}`
}

function decidedBy({ decidedBy: by, line }: Decision, names: ReadonlyMap<string, string>): string {
  if (line === undefined) return by
  return line.implicit === '' ? (names.get(line.ruleId) ?? line.ruleId) : 'implicit'
}

/** What decides now, and what did before where that was somebody's wish. */
function reason(before: Decision, beforeBy: string, after: Decision, afterBy: string): string {
  const now = because(after, afterBy, 'the interface is gone')
  if (before.decidedBy === 'absent') return `the interface is new; ${now}`
  if (before.decidedBy === 'default' && after.decidedBy === 'line') return now
  const then = because(before, beforeBy, '')
  return then === now ? `${now} changed` : `${now}; before: ${then}`
}

function because({ decidedBy: by, line }: Decision, name: string, gone: string): string {
  switch (by) {
    case 'absent':
      return gone
    case 'default':
      return 'by default'
    case 'fragment':
      return 'fragments are dropped'
    case 'unparsable':
      return 'unparsable'
    case 'line':
      if (line?.implicit.startsWith('listen-port')) return "WireGuard's own port"
      return line?.implicit ? "the agent's own connection" : `rule ${name}`
  }
}
