import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  type AssignedSlots,
  assignSlots,
  type Blob,
  type BlobMemory,
  buildBlob,
  decompile,
  ifindexOf,
  isBucketOfSource,
  isRefusal,
  noSlots,
  openLibbpf,
  probeFeatures,
  type Slots,
  sizeClass,
  sweepPins,
} from '@holdfast/bpf'
import type { Line, Policy } from '@holdfast/policy'
import type { Backend, Capability, DeviceObservation, Observation } from '../backend.ts'
import {
  allDevices,
  attachInstance,
  detachDevice,
  detachLeftovers,
  judgedBy,
  l2BytesOf,
  pinnedDevices,
} from './devices.ts'
import { fillOf, hitsIn, lossesIn, statsIn, zeroSlots } from './figures.ts'
import { drainFlows, type Generation } from './flow-log.ts'
import {
  blobBehind,
  type Capacity,
  capacityFor,
  closeMaps,
  isSameCapacity,
  type KernelMaps,
  openMaps,
  pinMaps,
  pinNames,
  pinnedBlob,
} from './kernel-maps.ts'
import { closeInstance, type Instance, openPrograms } from './programs.ts'
import { pinFolder, removeBpf } from './remove.ts'

export interface BpfOptions {
  readonly nodeId: string
  /** Where a bpffs is mounted when the system has none. */
  readonly mountPoint: string
  /** Undefined: where the system keeps libraries. */
  readonly libbpf: string | undefined
  readonly flowsPerSecond: number
  readonly now: () => number
}

/** A device of the policy that is there. */
interface Place {
  readonly device: string
  readonly ifindex: number
  readonly instance: Instance
}

const keptGenerations = 16
const leastFlows = 1_024
const mostFlows = 65_536

/**
 * Rules as eBPF programs at TC and XDP, one policy in one piece of memory for all of them. Everything is pinned, so it
 * goes on when we do not. Throws bpf.unavailable, or bpf.load_failed with what the verifier said.
 */
export function bpfBackend(options: BpfOptions): Backend {
  const libbpf = openLibbpf({ path: options.libbpf })
  const { path: pins, isLasting } = pinFolder(options)
  const programs = openPrograms(libbpf)
  const features = probeFeatures({ path: options.libbpf })
  const flows = powerOfTwo(options.flowsPerSecond * 2)
  const memory: BlobMemory = new Map()
  const generations = new Map<number, Generation>()
  const adopted = adopt(pins)
  let slots: Slots = adopted.slots
  let generation = adopted.generation
  let policy: Policy | undefined
  /** What was put into the kernel last, and what it was made from. */
  let given: { readonly policy: Policy; readonly value: Uint8Array } | undefined
  /** What was read from the kernel last. */
  let seen: Buffer | undefined
  let instances = new Map<string, Instance>()
  let maps = openMaps(pins, smallest(flows), undefined)
  /** Why a device of the policy is not judged as it should be, or not by XDP. */
  const attachTrouble = new Map<string, string>()
  const whyNotXdp = new Map<string, string>()
  let isFirst = true
  let losses = lossesIn(maps)

  // What this kernel does not take is better known now than with the first rule.
  closeInstance(programs.load(0, 0, maps))

  function remember(number: number, version: Uint8Array, used: Slots): void {
    generations.set(number, { version, slots: used })
    const oldest = generations.keys().next().value
    if (generations.size > keptGenerations && oldest !== undefined) generations.delete(oldest)
  }

  /** The maps the policy fits into: those there are, or greater ones. */
  function mapsFor(blob: Blob, { need, slots }: AssignedSlots, wanted: Policy): KernelMaps {
    const capacity = capacityFor(
      {
        blobBytes: sizeClass(blob.bytes.length),
        counterSlots: need.counters,
        bucketSlots: need.buckets,
        hasSourceLimits: hasSourceLimits(slots),
        isStateful: wanted.devices.some(({ firewall }) => firewall.isStateful),
        flows,
      },
      maps.capacity,
    )
    return isSameCapacity(capacity, maps.capacity) ? maps : openMaps(pins, capacity, maps)
  }

  /** Programs for every device that is there: those it has, or new ones. */
  function placesFor(wanted: Policy, given: Slots, next: KernelMaps): Place[] {
    const places: Place[] = []
    for (const { device } of wanted.devices) {
      const ifindex = ifindexOf(device)
      const slot = given.devices.get(device)
      if (ifindex === undefined || slot === undefined) continue
      const l2Bytes = l2BytesOf(device)
      const known = next === maps ? instances.get(device) : undefined
      const isKept = known?.slot === slot && known.l2Bytes === l2Bytes
      const instance = isKept ? known : programs.load(slot, l2Bytes, next)
      places.push({ device, ifindex, instance })
    }
    return places
  }

  /** Devices of the policy before, or of an agent before us, that are no longer meant. */
  function release(places: readonly Place[]): void {
    const stay = new Set(places.map(({ ifindex }) => ifindex))
    const before = new Set(pinnedDevices(pins))
    for (const { device } of policy?.devices ?? []) {
      const ifindex = ifindexOf(device)
      if (ifindex !== undefined) before.add(ifindex)
    }
    // Where programs are held by the devices themselves only looking at all of them tells.
    if (isFirst) for (const ifindex of allDevices().keys()) before.add(ifindex)
    for (const ifindex of before) if (!stay.has(ifindex)) detachDevice(pins, ifindex)
    sweepPins(pins)
  }

  function attach({ device, ifindex, instance }: Place): void {
    attachTrouble.delete(device)
    if (judgedBy(ifindex, instance).error === '') return
    try {
      const result = attachInstance(pins, ifindex, instance)
      detachLeftovers(ifindex, instance)
      if (result.whyNotXdp === undefined) whyNotXdp.delete(device)
      else whyNotXdp.set(device, result.whyNotXdp)
    } catch (error) {
      if (isRefusal(error, 'ENODEV', 'ENXIO')) return // it went away meanwhile
      attachTrouble.set(device, error instanceof Error ? error.message : String(error))
    }
  }

  function put(wanted: Policy, blob: Blob, next: KernelMaps): void {
    const [a, b] = next.blobs
    const idle = next.gen.innerId(0) === a.info.id ? b : a
    const value = blob.value.length === idle.stride ? blob.value : padded(blob.value, idle.stride)
    idle.update(0, value)
    next.gen.setInner(0, idle)
    given = { policy: wanted, value }
  }

  function settle(next: KernelMaps, places: readonly Place[]): void {
    const used = new Set(places.map(({ instance }) => instance))
    for (const instance of instances.values()) if (!used.has(instance)) closeInstance(instance)
    instances = new Map(places.map(({ device, instance }) => [device, instance]))
    pinMaps(pins, next)
    if (next === maps) return
    closeMaps(maps, next)
    maps = next
    losses = lossesIn(maps)
  }

  /** Gives back what was made for a policy that did not come into force. */
  function abandon(next: KernelMaps, places: readonly Place[]): void {
    const kept = new Set(instances.values())
    for (const { instance } of places) if (!kept.has(instance)) closeInstance(instance)
    if (next !== maps) closeMaps(next, maps)
  }

  function observeDevices(of: Policy): DeviceObservation[] {
    return of.devices.map(({ device }) => {
      const ifindex = ifindexOf(device) ?? 0
      if (ifindex === 0) {
        return { device, ifindex, ingressHook: '', egressHook: '', error: '' }
      }
      const judged = judgedBy(ifindex, instances.get(device))
      const reason = judged.error && attachTrouble.get(device)
      const error = [judged.error, reason].filter(Boolean).join(': ')
      return { device, ifindex, ...judged, error }
    })
  }

  return {
    name: 'bpf',
    capabilities: () => [
      ...features.map(({ name, isPresent, reason }): Capability => {
        const isAvailable = isPresent === true
        return { name, isAvailable, reason: isAvailable ? '' : reason }
      }),
      {
        name: 'pins',
        isAvailable: isLasting !== false,
        reason:
          isLasting === false
            ? `rules end with the agent: ${pins} is in mounts of its own, which go with it`
            : '',
      },
      ...[...instances].flatMap(([device, { xdp, whyNoXdp }]): Capability[] => {
        const reason = whyNoXdp || (whyNotXdp.get(device) ?? '')
        if (!xdp && reason === '') return []
        return [{ name: `xdp-native:${device}`, isAvailable: reason === '', reason }]
      }),
    ],

    async apply(wanted, version) {
      const startedAt = performance.now()
      given = undefined // its bytes are where the next ones but one are built
      const assigned = assignSlots(slots, wanted)
      const number = (generation % 0xffff_fffe) + 1
      const blob = buildBlob(wanted, { version, slots: assigned.slots, generation: number }, memory)
      const builtAt = performance.now()
      const next = mapsFor(blob, assigned, wanted)
      let places: Place[] = []
      try {
        places = placesFor(wanted, assigned.slots, next)
        zeroSlots(next, assigned.fresh)
        release(places)
        put(wanted, blob, next)
      } catch (error) {
        abandon(next, places)
        throw error
      }
      // From here on packets are judged by it; those of devices that come last, a moment later.
      generation = number
      slots = assigned.slots
      remember(number, version, slots)
      for (const place of places) attach(place)
      settle(next, places)
      policy = wanted
      isFirst = false
      const { tuples, longestProbe, bytes, rules } = blob.metrics
      return {
        rules: rules - implicitIn(wanted),
        tuples,
        longestProbe,
        blobBytes: bytes,
        buildMs: builtAt - startedAt,
        swapMs: performance.now() - builtAt,
      }
    },

    async observe(depth): Promise<Observation> {
      if (!policy) return { policy: undefined, devices: [], faults: [] }
      const devices = observeDevices(policy)
      const faults = pinNames
        .filter((name) => !existsSync(join(pins, name)))
        .map((name) => `${name} is not pinned any more`)
      try {
        const bytes = blobBehind(maps.gen, seen)
        seen = bytes
        if (!bytes) return { policy: undefined, devices, faults: [...faults, 'no policy is there'] }
        const isGiven = depth === 'bytes' && given && Buffer.compare(bytes, given.value) === 0
        return { policy: isGiven ? given?.policy : decompile(bytes).policy, devices, faults }
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        return { policy: undefined, devices, faults: [...faults, reason] }
      }
    },

    hits: () => hitsIn(maps, slots),
    drops: () => statsIn(maps, slots),
    maps: () => fillOf(maps, slots),

    drainFlows(most) {
      const source = { maps, generation: (number: number) => generations.get(number) }
      const drained = drainFlows(source, most, options.now())
      const now = lossesIn(maps)
      const lost = {
        lostFlows: drained.lostFlows + Math.max(0, now.flows - losses.flows),
        lostPackets: drained.lostPackets + Math.max(0, now.packets - losses.packets),
      }
      losses = now
      return { flows: drained.flows, ...lost }
    },

    close() {
      for (const instance of instances.values()) closeInstance(instance)
      closeMaps(maps, undefined)
      programs.close()
    },

    uninstall: async () => removeBpf(options),
  }

  function adopt(path: string): { readonly slots: Slots; readonly generation: number } {
    try {
      const bytes = pinnedBlob(path)
      if (bytes) {
        const before = decompile(bytes)
        remember(before.generation, before.version, before.slots)
        return before
      }
    } catch {
      // Another version's, or damaged: it is replaced whole, and counting begins anew.
    }
    return { slots: noSlots, generation: Math.floor(Math.random() * 0x7fff_ffff) }
  }
}

/** Implicit lines have counters, too; they come first in every list. */
function implicitIn({ views }: Policy): number {
  const found = new Set<string>()
  for (const lines of views.flatMap((view) => Object.values(view) as readonly Line[][])) {
    for (const { ruleId, implicit } of lines) {
      if (ruleId !== '') break
      found.add(implicit)
    }
  }
  return found.size
}

/** For maps that were made for more. */
function padded(value: Uint8Array, length: number): Uint8Array {
  const longer = new Uint8Array(length)
  longer.set(value)
  return longer
}

const hasSourceLimits = ({ buckets }: Slots): boolean => [...buckets.keys()].some(isBucketOfSource)

const smallest = (flows: number): Capacity =>
  capacityFor(
    {
      blobBytes: sizeClass(0),
      counterSlots: 0,
      bucketSlots: 0,
      hasSourceLimits: false,
      isStateful: false,
      flows,
    },
    undefined,
  )

function powerOfTwo(least: number): number {
  let size = leastFlows
  while (size < least && size < mostFlows) size *= 2
  return size
}
