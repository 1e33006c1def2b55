import { randomUUID } from 'node:crypto'
import { nodeOpener } from '@holdfast/crypto'
import type { EventLog } from '@holdfast/event-log'
import type { Telemetry } from '@holdfast/telemetry'
import { driverOfKind } from './apply/device.ts'
import type { Host } from './apply/host.ts'
import type { AgentKeys } from './enrol/agent-keys.ts'
import { type Generation, isPinned, pinSuccessor } from './enrol/generation.ts'
import type { Identity } from './enrol/identity.ts'
import { type HostFirewall, hostFirewall } from './firewall/host-firewall.ts'
import type { FirewallOptions } from './firewall/protocol.ts'
import type { FirewallStatus } from './firewall/status.ts'
import { type FeedName, interfaceFilter, nodeFilter, savedFeed } from './follow/feed.ts'
import { follow } from './follow/follow.ts'
import type { Placement } from './follow/placement.ts'
import { presharedKeyContext, privateKeyContext } from './follow/secrets.ts'
import type { Readiness } from './http-server.ts'
import { desiredMaker } from './reconcile/desired.ts'
import { hostNames } from './reconcile/host-names.ts'
import { nodeReconciler } from './reconcile/node-reconciler.ts'
import { firewallReport } from './report/firewall-report.ts'
import { agentMetrics } from './report/metrics.ts'
import { reporter } from './report/reporter.ts'
import type { OwnedDevices } from './state/owned-devices.ts'
import type { Pin, SavedFold } from './state/saved-fold.ts'
import type { SavedState } from './state/saved-state.ts'
import type { Witness } from './witness/witness.ts'

export const agentVersion = '0.1.0'

export interface AgentOptions {
  readonly identity: Identity
  readonly pin: Pin
  /** What `pin` came from, when it is of a restore. */
  readonly pinned: Generation | undefined
  /** A later generation is pinned: start again with that. */
  readonly onRepinned: () => void
  readonly dataFolder: string
  readonly keys: AgentKeys
  readonly saved: SavedState
  readonly placement: SavedFold<Placement>
  readonly owned: OwnedDevices
  readonly host: Host
  readonly firewall: Omit<FirewallOptions, 'nodeId' | 'instanceId' | 'pin'>
  readonly witness: Witness
  /** Where the log is. */
  readonly servers: readonly string[]
  readonly openLog: () => Promise<EventLog>
  readonly telemetry: Telemetry
  readonly checkMs: number
  readonly reportMs: number
  readonly metricsPeers: number
  /** Default: the clock. */
  readonly now?: () => number
}

export interface Agent {
  /** Reads the kernel and repairs, soon. */
  check(): void
  /** Devices the agent has made, and those towards the outside on which rules hold. */
  devices(): readonly string[]
  readiness(): Readiness
  /** Undefined until there is one. */
  firewall(): FirewallStatus | undefined
  /** Reads the rules in the kernel back now. */
  prove(): Promise<FirewallStatus>
  /** Stops following and applying; what runs is finished. Devices and tunnels stay as they are. */
  stop(): Promise<void>
}

/** Every so often everything is told, for receivers that missed some of it. */
const fullReportMs = 300_000

/**
 * Starts with what is saved, before anything can be reached; then follows the log. Whatever happens to the
 * control plane, what is saved stays in force and expiries fire.
 */
export function startAgent(options: AgentOptions): Agent {
  const { identity, pin, keys, saved, placement, owned, host, telemetry, now = Date.now } = options
  const { log } = telemetry
  const { nodeId } = identity
  const stopping = new AbortController()
  const open = nodeOpener(keys.enrolment.privateKey)
  let eventLog: EventLog | undefined
  const troubles = new Map<FeedName, string>([['interfaces', 'not connected yet']])
  /** Why the log is not followed right now, for people; empty when it is. */
  const troubleNow = (): string =>
    [...new Set(troubles.values())].filter(Boolean).join('; ') || (eventLog?.status().reason ?? '')
  let fullReportAt = 0
  const instanceId = randomUUID()

  const firewall: HostFirewall = hostFirewall({
    thread: { ...options.firewall, nodeId, instanceId, pin },
    organizationId: identity.organizationId,
    node: saved.state,
    placement: placement.state,
    servers: options.servers,
    observedPort: (id) =>
      reconciler.statuses().find((status) => status.interfaceId === id)?.observed?.listenPort,
    eventLog: () => eventLog,
    onStatus: () => reports.firewallChanged(),
    telemetry,
    now,
  })
  const names = hostNames({ onChange: () => reconciler.changedAll() })
  const desiredOf = desiredMaker({
    privateKey: (state, sealed) => open(privateKeyContext(state), sealed),
    presharedKey: (state, peer, sealed) => open(presharedKeyContext(state, peer), sealed),
    resolve: names.resolve,
  })
  const reports = reporter({
    nodeId,
    agentVersion,
    instanceId,
    saved,
    statuses: () => reconciler.statuses(),
    firewall() {
      const status = firewall.status()
      const trouble = [troubles.get('rules') ?? '', troubles.get('node') ?? '', firewall.trouble()]
      return status && firewallReport(status, trouble.filter(Boolean).join('; '))
    },
    send(report) {
      // Sequences of a generation that ended would be taken for those of this one.
      if (!eventLog || saved.isCutOff()) return false
      eventLog.signal(`tlm.node.${nodeId}.report`, report)
      return true
    },
    now,
    log,
  })
  const count = agentMetrics({
    registry: telemetry.registry,
    statuses: () => reconciler.statuses(),
    stateOf: (id) => saved.state.interfaces.get(id),
    isFollowing: () => troubleNow() === '',
    sequence: () => saved.state.sequence,
    maxPeers: options.metricsPeers,
  })
  const reconciler = nodeReconciler({
    saved,
    desiredOf,
    host,
    owned,
    admit: firewall.admit,
    log,
    now,
    driverOf: ({ kind }) => driverOfKind(kind),
    onPass(status, pass) {
      count(status, pass)
      if (pass.steps > 0) {
        const { interfaceId, isEnforced, revision: sequence } = status
        const { durationMs, steps } = pass
        log.info(
          { interfaceId, sequence, isEnforced, steps, durationMs: Math.round(durationMs) },
          'applied',
        )
      }
      reports.passed(status)
      // A port the kernel chose is known now.
      if (pass.steps > 0) firewall.factsChanged()
    },
  })

  /** Throws why the generation is not obeyed; what is saved stays in force then. */
  async function repin(opened: EventLog): Promise<void> {
    const seen = options.witness.view()
    const { generation, size } = await pinSuccessor(options.dataFolder, opened, pin, seen)
    log.warn(
      { from: pin.generation, generation, size, seen: seen.size },
      'the instance was restored; this node obeys its new generation from now on',
    )
    options.onRepinned()
  }

  async function tell(): Promise<void> {
    const isFull = now() >= fullReportAt
    if (isFull) fullReportAt = now() + fullReportMs
    try {
      await reports.tell(isFull)
      reconciler.prune()
    } catch (error) {
      log.warn({ err: error }, 'a report was not sent')
    }
  }

  firewall.factsChanged()
  reconciler.changed()
  const checks = setInterval(() => reconciler.checkAll(), options.checkMs)
  const tellings = setInterval(() => void tell(), options.reportMs)
  const following = follow({
    open: options.openLog,
    feeds: [
      savedFeed({
        name: 'interfaces',
        filter: interfaceFilter(nodeId),
        consumer: nodeId,
        saved,
        onChange(isReplaced) {
          // The firewall hears of a device first: it comes up once it is judged.
          firewall.factsChanged()
          reconciler.changed()
          if (isReplaced) reconciler.changedAll()
        },
        log,
      }),
      savedFeed({
        name: 'node',
        filter: nodeFilter(nodeId),
        consumer: `${nodeId}-node`,
        saved: placement,
        onChange: firewall.factsChanged,
        log,
      }),
      firewall.feed,
    ],
    pin,
    onSuccessor: repin,
    isPinned: (opened) => isPinned(opened, options.pinned),
    onLog(connected) {
      eventLog = connected
      options.witness.connected(connected)
      if (!connected) return
      log.info({ sequence: saved.state.sequence }, 'following the log')
      fullReportAt = 0
      void tell()
    },
    onTrouble(feed, reason) {
      if (troubles.get(feed) === reason) return
      troubles.set(feed, reason)
      reports.firewallChanged()
    },
    log,
    signal: stopping.signal,
  })

  return {
    check() {
      reconciler.checkAll()
      void firewall.prove().catch(() => {}) // it says so itself
    },
    devices: () => [...reconciler.devices(), ...firewall.uplinks()],
    firewall: firewall.status,
    prove: firewall.prove,
    readiness() {
      const interfaces = reconciler.statuses().map((status) => ({
        id: status.interfaceId,
        device: status.observed?.device,
        revision: String(status.revision),
        is_enforced: status.isEnforced,
        error: status.error,
        driver: status.driver,
        peers: status.observed?.peers.size ?? 0,
        drift_repaired: status.driftRepaired,
      }))
      const trouble = troubleNow()
      const isFollowing = trouble === ''
      return {
        // An interface that cannot be enforced is no reason to restart the agent.
        isReady: isFollowing && interfaces.length >= saved.state.interfaces.size,
        is_enforced: interfaces.every((each) => each.is_enforced),
        node_id: nodeId,
        node_name: identity.nodeName,
        sequence: String(saved.state.sequence),
        generation: pin.generation,
        is_following: isFollowing,
        trouble,
        interfaces,
        firewall: firewallReadiness(firewall),
        witness: options.witness.status(),
      }
    },
    async stop() {
      clearInterval(checks)
      clearInterval(tellings)
      names.stop()
      await reconciler.stop()
      stopping.abort()
      await following
      await options.witness.stop()
      await firewall.stop()
      // Said already when they fail.
      await saved.settled().catch(() => {})
      await placement.settled().catch(() => {})
      await saved.close()
      await placement.close()
    },
  }
}

function firewallReadiness(firewall: HostFirewall): unknown {
  const status = firewall.status()
  const trouble = firewall.trouble()
  if (!status) return { is_enforced: false, error: trouble }
  return {
    backend: status.backend,
    is_enforced: status.isEnforced && trouble === '',
    error: [status.error, trouble].filter(Boolean).join('; '),
    rule_set_sequence: String(status.ruleSetSequence),
    rules: status.rules,
    policy_version: Buffer.from(status.policyVersion ?? []).toString('hex'),
  }
}
