import { holdfast } from '@holdfast/proto'

type Report = holdfast.agent.v1.FirewallReport.$Properties

export const backends = ['none', 'bpf', 'nftables'] as const
export type Backend = (typeof backends)[number]

/** What a host last said about its firewall. Times in ms since 1970. */
export interface FirewallFigures {
  readonly backend: Backend
  /** The last commit of the rule set that what it enforces includes. */
  readonly ruleSetSequence: bigint
  /** SHA-256, hex; empty when it has none. */
  readonly policyVersion: string
  /** Every rule that concerns the host is in the kernel, as read back. */
  readonly isEnforced: boolean
  readonly provenAtUnixMs: number
  /** Empty when all is well. */
  readonly error: string
  /** Rules that concern the host and are not enforced, with the reason; at most `maxTroubles`. */
  readonly troubles: ReadonlyMap<string, string>
  /** The application that waits for confirmation there, and the last one it took back by itself. Empty for none. */
  readonly pendingApplyId: string
  readonly revertedApplyId: string
}

export interface NodeFirewall {
  readonly lastSeenUnixMs: number
  readonly agentVersion: string
  /** Undefined when it never spoke of one. */
  readonly firewall: FirewallFigures | undefined
}

/** What a host said when what it enforces changed, by our clock. */
export interface Acknowledgement {
  readonly nodeId: string
  readonly reportedAtUnixMs: number
  readonly ruleSetSequence: bigint
  readonly policyVersion: string
  readonly provenAtUnixMs: number
  readonly isEnforced: boolean
  readonly error: string
}

/** Time in which a node's counters were being watched, within one hour. */
export interface Coverage {
  readonly nodeId: string
  readonly hourUnixMs: number
  readonly countedMs: number
}

/** Reports come every ten seconds; three missed ones and a bit. */
export const onlineForMs = 35_000
/** A host lists no more than these; with this many there may be others. */
export const maxTroubles = 100
const maxTextLength = 1000
const hourMs = 3_600_000
/** Changes kept for writing down while the database is away; the oldest go first. */
const maxUnwritten = 50_000

export const hourOf = (unixMs: number): number => Math.floor(unixMs / hourMs) * hourMs

/**
 * The last word of every host about its firewall, in memory. Telemetry: never in the log. Filed under the node
 * that said it, so a host speaks for itself only.
 */
export class FirewallBoard {
  private readonly nodes = new Map<string, NodeFirewall>()
  /** Start of the agent the figures are from, and when it sent the newest. */
  private readonly senders = new Map<string, { instanceId: string; sentAtUnixMs: number }>()
  private dirtyNodes = new Set<string>()
  private acknowledgements: Acknowledgement[] = []
  private coverage = new Map<string, Coverage>()

  /** Takes a report in; `now` is our own clock. Whatever is malformed or outdated is passed over. */
  take(nodeId: string, data: Uint8Array, now: number): void {
    const report = readReport(data)
    if (report?.nodeId !== nodeId) return
    const sender = this.senders.get(nodeId)
    const { instanceId, sentAtUnixMs } = report
    if (sender?.instanceId === instanceId && sender.sentAtUnixMs > sentAtUnixMs) return
    this.senders.set(nodeId, { instanceId, sentAtUnixMs })

    const before = this.nodes.get(nodeId)
    this.cover(nodeId, before, now)
    const firewall = report.firewall ? figuresFrom(report.firewall) : before?.firewall
    this.nodes.set(nodeId, {
      lastSeenUnixMs: now,
      agentVersion: cut(report.agentVersion),
      firewall,
    })
    this.dirtyNodes.add(nodeId)
    if (!firewall || !isNews(before?.firewall, firewall)) return
    const { ruleSetSequence, policyVersion, provenAtUnixMs, isEnforced, error } = firewall
    this.acknowledgements.push({
      nodeId,
      reportedAtUnixMs: now,
      ruleSetSequence,
      policyVersion,
      provenAtUnixMs,
      isEnforced,
      error,
    })
    if (this.acknowledgements.length > maxUnwritten) this.acknowledgements.shift()
  }

  node(nodeId: string): NodeFirewall | undefined {
    return this.nodes.get(nodeId)
  }

  /** From what was written down before a restart. */
  put(nodeId: string, node: NodeFirewall): void {
    this.nodes.set(nodeId, node)
  }

  /** What is to be written down since the last call. */
  takeDirty(): {
    readonly nodes: readonly (readonly [string, NodeFirewall])[]
    readonly acknowledgements: readonly Acknowledgement[]
    readonly coverage: readonly Coverage[]
  } {
    const nodes = [...this.dirtyNodes].flatMap((nodeId) => {
      const node = this.nodes.get(nodeId)
      return node ? [[nodeId, node] as const] : []
    })
    const { acknowledgements } = this
    const coverage = [...this.coverage.values()]
    this.dirtyNodes = new Set()
    this.acknowledgements = []
    this.coverage = new Map()
    return { nodes, acknowledgements, coverage }
  }

  /** Those could not be written: the next call of `takeDirty` names them again. */
  returnDirty({ nodes, acknowledgements, coverage }: ReturnType<FirewallBoard['takeDirty']>): void {
    for (const [nodeId] of nodes) this.dirtyNodes.add(nodeId)
    this.acknowledgements = [...acknowledgements, ...this.acknowledgements].slice(-maxUnwritten)
    for (const one of coverage) this.addCoverage(one)
  }

  /** Between two reports that are not far apart, an enforcing host counted all the time. */
  private cover(nodeId: string, before: NodeFirewall | undefined, now: number): void {
    if (!before?.firewall?.isEnforced) return
    const countedMs = now - before.lastSeenUnixMs
    if (countedMs <= 0 || countedMs > onlineForMs) return
    this.addCoverage({ nodeId, hourUnixMs: hourOf(now), countedMs })
  }

  private addCoverage({ nodeId, hourUnixMs, countedMs }: Coverage): void {
    const key = `${nodeId}/${hourUnixMs}`
    const known = this.coverage.get(key)?.countedMs ?? 0
    if (known === 0 && this.coverage.size >= maxUnwritten) return
    this.coverage.set(key, { nodeId, hourUnixMs, countedMs: known + countedMs })
  }
}

const isNews = (before: FirewallFigures | undefined, after: FirewallFigures): boolean =>
  before === undefined ||
  before.ruleSetSequence !== after.ruleSetSequence ||
  before.policyVersion !== after.policyVersion ||
  before.isEnforced !== after.isEnforced ||
  before.error !== after.error

function figuresFrom(properties: Report): FirewallFigures {
  const m = new holdfast.agent.v1.FirewallReport(properties)
  const troubles = m.troubles
    .slice(0, maxTroubles)
    .map(({ ruleId, reason }) => [cut(ruleId ?? ''), cut(reason ?? '')] as const)
  return {
    // Unspecified is none: what a host does not claim it does not do.
    backend: backends[m.backend - 1] ?? 'none',
    ruleSetSequence: BigInt(whole(m.ruleSetSequence)),
    policyVersion: Buffer.from(m.policyVersion.subarray(0, 32)).toString('hex'),
    // A host that proves something else than it compiled has proved nothing.
    isEnforced: m.isEnforced && Buffer.from(m.policyVersion).equals(m.observedVersion),
    provenAtUnixMs: whole(m.provenAtUnixMs),
    error: cut(m.error),
    troubles: new Map(troubles),
    pendingApplyId: cut(m.pendingApplyId),
    revertedApplyId: cut(m.revertedApplyId),
  }
}

const cut = (text: string): string => text.replaceAll('\0', '').slice(0, maxTextLength)

/** A host may send any 64-bit number; those no count or time can reach are taken for zero. */
const whole = (value: number): number => (Number.isSafeInteger(value) && value >= 0 ? value : 0)

function readReport(data: Uint8Array): holdfast.agent.v1.NodeReport | undefined {
  try {
    return holdfast.agent.v1.NodeReport.decode(data)
  } catch {
    return undefined // not a report; a host may send what it likes
  }
}
