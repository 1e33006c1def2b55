import type { Logger } from '@holdfast/telemetry'
import type { Driver } from '../apply/device.ts'
import type { Host } from '../apply/host.ts'
import type { OwnedDevices } from '../state/owned-devices.ts'
import type { SavedState } from '../state/saved-state.ts'
import type { DesiredMaker } from './desired.ts'
import {
  type InterfaceReconciler,
  type InterfaceStatus,
  interfaceReconciler,
  type PassFigures,
} from './interface-reconciler.ts'
import type { ObservedDevice } from './observed.ts'

export interface NodeReconcilerOptions {
  readonly saved: SavedState
  readonly desiredOf: DesiredMaker
  readonly host: Host
  readonly owned: OwnedDevices
  readonly admit: (device: string) => Promise<void>
  readonly log: Logger
  readonly now: () => number
  readonly driverOf: (device: ObservedDevice) => Driver | undefined
  readonly onPass: (status: InterfaceStatus, pass: PassFigures) => void
  readonly coalesceMs?: number
}

/** One reconciler an interface, each at its own pace: one that fails or hangs holds up no other. */
export interface NodeReconciler {
  /** The saved state has changed. */
  changed(): void
  /** Something beside the log has changed what should be: an address of a host name. */
  changedAll(): void
  /** Read the kernel and repair. */
  checkAll(): void
  statuses(): readonly InterfaceStatus[]
  devices(): readonly string[]
  /** Forgets deleted interfaces whose devices are gone. */
  prune(): void
  stop(): Promise<void>
}

export function nodeReconciler(options: NodeReconcilerOptions): NodeReconciler {
  const { saved, desiredOf, host, owned, admit, now, driverOf, onPass, coalesceMs = 2 } = options
  const reconcilers = new Map<string, { reconciler: InterfaceReconciler; revision: bigint }>()

  function reconcilerOf(id: string): InterfaceReconciler {
    return interfaceReconciler({
      id,
      wish(nowUnixMs) {
        const state = saved.state.interfaces.get(id)
        if (!state) return { revision: 0n, desired: undefined }
        return { revision: state.revision, desired: desiredOf(state, nowUnixMs) }
      },
      host,
      owned,
      admit,
      log: options.log.child({ interfaceId: id }),
      now,
      driverOf,
      onPass,
      coalesceMs,
    })
  }

  const all = (): InterfaceReconciler[] =>
    [...reconcilers.values()].map(({ reconciler }) => reconciler)

  return {
    changed() {
      for (const { id, revision } of saved.state.interfaces.values()) {
        const known = reconcilers.get(id)
        if (known?.revision === revision) continue
        const reconciler = known?.reconciler ?? reconcilerOf(id)
        reconcilers.set(id, { reconciler, revision })
        reconciler.changed()
      }
    },
    changedAll() {
      for (const reconciler of all()) reconciler.changed()
    },
    checkAll() {
      for (const reconciler of all()) reconciler.check()
    },
    statuses: () => all().flatMap((reconciler) => reconciler.status() ?? []),
    devices: () => owned.ids().flatMap((id) => owned.get(id)?.device ?? []),
    prune() {
      for (const [id, { reconciler }] of reconcilers) {
        const isDeleted = saved.state.interfaces.get(id)?.isDeleted ?? true
        if (!isDeleted || reconciler.status()?.isGone !== true) continue
        reconcilers.delete(id)
        void reconciler.stop()
      }
      saved.forget((id) => reconcilers.has(id) || owned.get(id) !== undefined)
    },
    async stop() {
      await Promise.all(all().map((reconciler) => reconciler.stop()))
    },
  }
}
