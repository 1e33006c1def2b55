import { holdfast } from '@holdfast/proto'

/** What a host says about its firewall, as it may be shown and kept: see `takeFirewallReport`. */
export type FirewallReport = holdfast.agent.v1.FirewallReport.$Properties

const { FirewallReport: Message } = holdfast.agent.v1

const maxTextLength = 1000
/** More than a policy may have of each, and enough to say what is wrong. */
const maxDevices = 128
const maxTroubles = 100
const maxCapabilities = 128
const hashBytes = 32

/** Cuts what a host sent down to what it may say; nothing of the message's memory is kept. */
export function takeFirewallReport(properties: FirewallReport): FirewallReport {
  const m = new Message(properties)
  return {
    backend: m.backend >= 1 && m.backend <= 3 ? m.backend : 0,
    ruleSetSequence: whole(m.ruleSetSequence),
    policyVersion: hash(m.policyVersion),
    observedVersion: hash(m.observedVersion),
    isEnforced: m.isEnforced,
    provenAtUnixMs: whole(m.provenAtUnixMs),
    error: cut(m.error),
    devices: m.devices.slice(0, maxDevices).map((device) => ({
      device: cut(device.device),
      interfaceId: cut(device.interfaceId),
      ingressHook: cut(device.ingressHook),
      egressHook: cut(device.egressHook),
      error: cut(device.error),
      unparsablePackets: whole(device.unparsablePackets),
      fragmentPackets: whole(device.fragmentPackets),
      defaultPackets: whole(device.defaultPackets),
    })),
    troubles: m.troubles
      .slice(0, maxTroubles)
      .map(({ ruleId, reason }) => ({ ruleId: cut(ruleId), reason: cut(reason) })),
    capabilities: m.capabilities.slice(0, maxCapabilities).map((capability) => ({
      name: cut(capability.name),
      isAvailable: capability.isAvailable === true,
      reason: cut(capability.reason),
      minimumKernel: cut(capability.minimumKernel),
      without: cut(capability.without),
    })),
    pendingApplyId: cut(m.pendingApplyId),
    pendingUntilUnixMs: whole(m.pendingUntilUnixMs),
    revertedApplyId: cut(m.revertedApplyId),
    rules: m.rules,
    tuples: m.tuples,
    longestProbe: m.longestProbe,
    blobBytes: whole(m.blobBytes),
    compileMs: m.compileMs,
    swapMs: m.swapMs,
    driftRepaired: m.driftRepaired,
  }
}

/** For one column of an operational table. */
export const firewallBytes = (report: FirewallReport): Uint8Array => Message.encode(report).finish()

/** The way back from `firewallBytes`. */
export const firewallFromBytes = (bytes: Uint8Array): FirewallReport =>
  takeFirewallReport(Message.decode(bytes))

type Optional<T> = T | null | undefined

export const cut = (text: Optional<string>): string =>
  (text ?? '').replaceAll('\0', '').slice(0, maxTextLength)

/** A host may send any 64-bit number; those no count or time can reach are taken for zero. */
export const whole = (value: Optional<number>): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : 0

const hash = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.length === hashBytes ? bytes : [])
