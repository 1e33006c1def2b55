import type { Policy } from '@holdfast/policy'
import type {
  ApplyFigures,
  BackendName,
  Capability,
  DeviceDrops,
  DeviceObservation,
  Observation,
} from './backend.ts'
import {
  allRules,
  differentRules,
  maxTroubles,
  type RuleTrouble,
  rulesOfDevice,
} from './differences.ts'

export interface DeviceStatus extends DeviceObservation {
  /** Empty for an uplink. */
  readonly interfaceId: string
  /** Since the agent started. */
  readonly drops: Omit<DeviceDrops, 'device'>
}

/** What the kernel enforces of the rule set, as the agent tells it. */
export interface FirewallStatus {
  readonly backend: BackendName
  /** Of the rule set's last commit that the policy includes. */
  readonly ruleSetSequence: bigint
  /** Undefined until there is a policy. */
  readonly policyVersion: Uint8Array | undefined
  /** Undefined when the kernel could not be read. */
  readonly observedVersion: Uint8Array | undefined
  readonly isEnforced: boolean
  readonly provenAtUnixMs: number
  /** For people; empty when all is well. */
  readonly error: string
  readonly devices: readonly DeviceStatus[]
  readonly troubles: readonly RuleTrouble[]
  readonly capabilities: readonly Capability[]
  readonly pendingApplyId: string
  readonly pendingUntilUnixMs: number
  readonly revertedApplyId: string
  /** Distinct rules in force on this host. */
  readonly rules: number
  readonly figures: ApplyFigures
  /** Of the last change, from its arrival to the proof. */
  readonly changeMs: number
  readonly driftFound: number
  readonly driftRepaired: number
}

/** What is wrong with what the kernel holds; nothing when it is as wanted. */
export interface Finding {
  readonly errors: readonly string[]
  readonly troubles: readonly RuleTrouble[]
}

export const allWell: Finding = { errors: [], troubles: [] }

export const isWell = ({ errors }: Finding): boolean => errors.length === 0

/** For people. */
export const errorOf = ({ errors }: Finding): string => errors.slice(0, 5).join('; ')

/** Compares what was read back with what was asked for. `isSame`: the versions are equal. */
export function judgeObservation(wanted: Policy, seen: Observation, isSame: boolean): Finding {
  const errors: string[] = [...seen.faults]
  const troubles = new Map<string, RuleTrouble>()
  const note = (found: readonly RuleTrouble[]): void => {
    for (const each of found) if (!troubles.has(each.ruleId)) troubles.set(each.ruleId, each)
  }
  if (seen.faults.length > 0) note(allRules(wanted, seen.faults[0] ?? ''))
  for (const { device, ifindex, error } of seen.devices) {
    const isUplink = wanted.devices.find((each) => each.device === device)?.kind === 'uplink'
    // A WireGuard device that is not there lets nothing through, and says so in its own report.
    const reason = error || (isUplink && ifindex === 0 ? 'there is no such device' : '')
    if (reason === '') continue
    errors.push(`${device}: ${reason}`)
    note(rulesOfDevice(wanted, device, `${device}: ${reason}`))
  }
  if (!isSame) {
    const reason = seen.policy
      ? 'the kernel holds something else than it was told'
      : 'the kernel cannot be read back'
    errors.push(reason)
    note(differentRules(wanted, seen.policy, reason))
  }
  if (errors.length === 0) return allWell
  return { errors, troubles: [...troubles.values()].slice(0, maxTroubles) }
}
