import type { Policy } from '@holdfast/policy'
import {
  type Backend,
  type BackendName,
  type Depth,
  type DeviceDrops,
  type DrainedFlows,
  type Hits,
  noFlows,
  type Observation,
} from './backend.ts'
import { countRules } from './count-rules.ts'

/** A kernel in memory that does what a backend is told, and what a test does to it behind the backend's back. */
export interface FakeBackend extends Backend {
  /** Devices that are there, with their numbers. */
  readonly present: Map<string, number>
  /** What judges, by device. */
  readonly attached: Set<string>
  /** What the kernel holds. */
  held: Policy | undefined
  /** Makes the next calls of `apply` fail, until it is undefined again. */
  failure: Error | undefined
  readonly applied: Policy[]
  /** How it was read, each time. */
  readonly depths: Depth[]
  hitCounts: readonly Hits[]
  dropCounts: readonly DeviceDrops[]
  drained: DrainedFlows
  isInstalled: boolean
}

export function fakeBackend(name: BackendName = 'bpf'): FakeBackend {
  const fake: FakeBackend = {
    name,
    present: new Map(),
    attached: new Set(),
    held: undefined,
    failure: undefined,
    applied: [],
    depths: [],
    hitCounts: [],
    dropCounts: [],
    drained: noFlows,
    isInstalled: false,
    capabilities: () => [{ name, isAvailable: true, reason: '' }],
    async apply(policy) {
      if (fake.failure) throw fake.failure
      fake.applied.push(policy)
      fake.held = policy
      fake.isInstalled = true
      fake.attached.clear()
      for (const { device } of policy.devices) {
        if (fake.present.has(device)) fake.attached.add(device)
      }
      const rules = countRules(policy)
      return { rules, tuples: 1, longestProbe: 1, blobBytes: 64, buildMs: 1, swapMs: 1 }
    },
    async observe(depth): Promise<Observation> {
      fake.depths.push(depth)
      const devices = (fake.held?.devices ?? []).map(({ device }) => {
        const ifindex = fake.present.get(device) ?? 0
        const hook = ifindex !== 0 && fake.attached.has(device) ? 'tcx' : ''
        const error = ifindex !== 0 && hook === '' ? 'nothing judges packets there' : ''
        return { device, ifindex, ingressHook: hook, egressHook: hook, error }
      })
      return { policy: fake.held, devices, faults: [] }
    },
    hits: () => fake.hitCounts,
    drops: () => fake.dropCounts,
    maps: () => [],
    drainFlows() {
      const { drained } = fake
      fake.drained = noFlows
      return drained
    },
    close() {},
    async uninstall() {
      fake.held = undefined
      fake.attached.clear()
      fake.isInstalled = false
    },
  }
  return fake
}
