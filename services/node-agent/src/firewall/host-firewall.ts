import type { EventLog } from '@holdfast/event-log'
import type { HostFacts } from '@holdfast/policy'
import type { Telemetry } from '@holdfast/telemetry'
import type { Feed } from '../follow/feed.ts'
import type { NodeState } from '../follow/node-state.ts'
import type { Placement } from '../follow/placement.ts'
import { firewallMetrics } from '../report/firewall-metrics.ts'
import { controlEndpoints } from './control-endpoints.ts'
import { hostFacts } from './facts.ts'
import { startFirewall } from './firewall.ts'
import type { FirewallOptions } from './protocol.ts'
import type { FirewallStatus } from './status.ts'

export interface HostFirewallOptions {
  readonly thread: FirewallOptions
  readonly organizationId: string
  readonly node: NodeState
  readonly placement: Placement
  /** Where the agent connects to. */
  readonly servers: readonly string[]
  readonly observedPort: (interfaceId: string) => number | undefined
  /** The connection, while there is one. */
  readonly eventLog: () => EventLog | undefined
  readonly onStatus: () => void
  readonly telemetry: Telemetry
  readonly now: () => number
}

/** The firewall of this host with all it has to be told, and all it tells. */
export interface HostFirewall {
  readonly feed: Feed
  /** Devices towards the outside on which rules hold. */
  uplinks(): readonly string[]
  /** What the log or the kernel says about this host may have changed. */
  factsChanged(): void
  admit(device: string): Promise<void>
  prove(): Promise<FirewallStatus>
  /** Undefined until there is one. */
  status(): FirewallStatus | undefined
  /** Why the firewall does not run at all; empty when it does. */
  trouble(): string
  stop(): Promise<void>
}

const maxTimerMs = 2 ** 31 - 1

export function hostFirewall(options: HostFirewallOptions): HostFirewall {
  const { node, placement, telemetry, now } = options
  const { nodeId } = options.thread
  const { log } = telemetry
  const metrics = firewallMetrics(telemetry.registry)
  let last: FirewallStatus | undefined
  let trouble = 'the firewall has not started yet'
  let told = ''
  let expiry: NodeJS.Timeout | undefined
  let isStopped = false

  /** False when there is nobody to send to: the client would keep what it cannot send, without a bound. */
  function send(kind: 'counters' | 'flows', message: Uint8Array): boolean {
    const eventLog = options.eventLog()
    if (!eventLog || eventLog.status().reason !== undefined) return false
    eventLog.signal(`tlm.node.${nodeId}.${kind}`, message)
    return true
  }

  const firewall = startFirewall(options.thread, {
    onStatus(status) {
      const isNews = last?.isEnforced !== status.isEnforced || last.error !== status.error
      last = status
      trouble = ''
      metrics.status(status)
      if (isNews) sayStatus(status)
      options.onStatus()
    },
    sendCounters: (report) => void send('counters', report),
    onPackets: metrics.packets,
    onMaps: metrics.maps,
    sendFlows(batch, figures) {
      const isSent = send('flows', batch)
      if (isSent) metrics.flows(figures)
      return isSent
    },
    onLost(reason) {
      trouble = reason
      options.onStatus()
    },
    log,
  })
  const control = controlEndpoints({ servers: options.servers, onChange: factsChanged })

  function sayStatus({ isEnforced, error, backend, ruleSetSequence, rules }: FirewallStatus): void {
    const fields = { backend, sequence: ruleSetSequence, rules, error }
    if (isEnforced) log.info(fields, 'rules are enforced')
    else log.error(fields, 'rules are not enforced')
  }

  function factsChanged(): void {
    if (isStopped) return
    const { observedPort } = options
    const sources = { nodeId, node, placement, control: control.current(), observedPort }
    const { facts, nextExpiryUnixMs } = hostFacts(sources, now())
    clearTimeout(expiry)
    if (nextExpiryUnixMs !== Number.POSITIVE_INFINITY) {
      expiry = setTimeout(factsChanged, Math.min(Math.max(nextExpiryUnixMs - now(), 1), maxTimerMs))
    }
    tell(facts)
  }

  function tell(facts: HostFacts): void {
    const text = JSON.stringify(facts)
    if (text === told) return
    told = text
    firewall.setFacts(facts)
  }

  return {
    feed: firewall.feed(options.organizationId, nodeId),
    uplinks: () => placement.uplinks.map(({ device }) => device),
    factsChanged,
    admit: firewall.admit,
    prove: firewall.prove,
    status: () => last,
    trouble: () => trouble,
    async stop() {
      isStopped = true
      clearTimeout(expiry)
      control.stop()
      await firewall.stop()
    },
  }
}
