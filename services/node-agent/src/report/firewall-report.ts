import { holdfast } from '@holdfast/proto'
import type { BackendName } from '../firewall/backend.ts'
import type { FirewallStatus } from '../firewall/status.ts'

const { FirewallBackend } = holdfast.agent.v1
type FirewallReport = holdfast.agent.v1.FirewallReport.$Properties

const backends: Readonly<Record<BackendName, holdfast.agent.v1.FirewallBackend>> = {
  none: FirewallBackend.FIREWALL_BACKEND_NONE,
  bpf: FirewallBackend.FIREWALL_BACKEND_BPF,
  nftables: FirewallBackend.FIREWALL_BACKEND_NFTABLES,
}

const maxErrorCharacters = 500
const maxReasonCharacters = 200

/**
 * What the node tells of its firewall. `trouble` is why the rule set is not followed: what is enforced may then not be
 * what it should be.
 */
export function firewallReport(status: FirewallStatus, trouble: string): FirewallReport {
  const { figures } = status
  return {
    backend: backends[status.backend],
    ruleSetSequence: Number(status.ruleSetSequence),
    policyVersion: status.policyVersion ?? null,
    observedVersion: status.observedVersion ?? null,
    isEnforced: status.isEnforced && trouble === '',
    provenAtUnixMs: status.provenAtUnixMs,
    error: [status.error, trouble].filter(Boolean).join('; ').slice(0, maxErrorCharacters),
    devices: status.devices.map((each) => ({
      device: each.device,
      interfaceId: each.interfaceId,
      ingressHook: each.ingressHook,
      egressHook: each.egressHook,
      error: each.error.slice(0, maxErrorCharacters),
      unparsablePackets: each.drops.unparsable,
      fragmentPackets: each.drops.fragments,
      defaultPackets: each.drops.defaults,
    })),
    troubles: status.troubles.map(({ ruleId, reason }) => ({
      ruleId,
      reason: reason.slice(0, maxReasonCharacters),
    })),
    capabilities: [...status.capabilities],
    pendingApplyId: status.pendingApplyId,
    pendingUntilUnixMs: status.pendingUntilUnixMs,
    revertedApplyId: status.revertedApplyId,
    rules: status.rules,
    tuples: figures.tuples,
    longestProbe: figures.longestProbe,
    blobBytes: figures.blobBytes,
    compileMs: Math.round(status.changeMs),
    swapMs: Math.round(figures.swapMs),
    driftRepaired: status.driftRepaired,
  }
}
