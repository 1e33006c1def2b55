import type { DesiredInterface } from '../reconcile/desired.ts'
import type { ObservedDevice } from '../reconcile/observed.ts'
import type { Step } from '../reconcile/plan.ts'
import { createDevice, type DriverChoice, deleteDevice, driverOfKind } from './device.ts'
import { applyLink, readLink } from './link.ts'
import type { RunTool } from './run-tool.ts'
import { applyWireguard, readWireguard } from './wireguard.ts'

/** The kernel of this host, as far as the agent touches it. A fake and the real one pass one suite. */
export interface Host {
  /** The device as it is; undefined when there is none. Throws NotWireguard for a device of another kind. */
  read(device: string): Promise<ObservedDevice | undefined>
  /** Cheaper: only what `wg` tells is new, the rest is as it was. */
  readPeers(before: ObservedDevice): Promise<ObservedDevice>
  create(device: string): Promise<void>
  /** Carries out what a plan says about an existing device. */
  apply(desired: DesiredInterface, steps: readonly Step[]): Promise<void>
  /** Does nothing when there is none. */
  delete(device: string): Promise<void>
}

/** Something else has the name. */
export class NotWireguard extends Error {
  override readonly name = 'NotWireguard'
  constructor(device: string, kind: string) {
    super(`${device} exists and is no WireGuard device${kind ? ` but a ${kind} device` : ''}`)
  }
}

export function realHost(run: RunTool, choice: DriverChoice): Host {
  return {
    async read(device) {
      const link = await readLink(run, device)
      if (!link) return undefined
      if (driverOfKind(link.kind) === undefined) throw new NotWireguard(device, link.kind)
      return { ...link, ...(await readWireguard(run, device)) }
    },
    readPeers: async (before) => ({ ...before, ...(await readWireguard(run, before.device)) }),
    create: (device) => createDevice(run, device, choice),
    async apply(desired, steps) {
      // Peers go first, in the order of the plan; then the link, so that a taken port is heard of.
      const isRemoval = (step: Step): boolean => step.type === 'RemovePeer'
      const isEarly = (step: Step): boolean =>
        step.type === 'SetLink' || step.type === 'RemoveRoute' || step.type === 'RemoveAddress'
      const early = steps.filter(isEarly)
      const late = steps.filter((step) => !isEarly(step))
      const removals = early.length > 0 ? late.filter(isRemoval) : []
      const rest = early.length > 0 ? late.filter((step) => !isRemoval(step)) : late
      await applyWireguard(run, desired, removals)
      const complaints: unknown[] = []
      const link = (some: readonly Step[]): Promise<void> =>
        applyLink(run, desired.device, some).catch((error: unknown) => void complaints.push(error))
      await link(early)
      await applyWireguard(run, desired, rest)
      await link(rest)
      if (complaints.length > 0) throw complaints[0]
    },
    async delete(device) {
      if (await readLink(run, device)) await deleteDevice(run, device)
    },
  }
}
