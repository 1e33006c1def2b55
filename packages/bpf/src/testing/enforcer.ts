import { readFileSync } from 'node:fs'
import { type Direction, type Policy, policyVersion } from '@holdfast/policy'
import { type Blob, type BlobMemory, buildBlob } from '../blob/build-blob.ts'
import { assignSlots, noSlots, type Slots } from '../blob/slots.ts'
import {
  type HfCounter,
  type HfFlow,
  type HfFlowkey,
  hfCounter,
  hfFlow,
  hfFlowkey,
  hfLimit,
  hfReason,
  hfStat,
  readHfCounter,
  readHfFlow,
  readHfFlowkey,
  readHfStat,
} from '../gen/layout.ts'
import { BpfMap } from '../map.ts'
import { BpfObject, type Constant } from '../object.ts'
import type { BpfProgram } from '../program.ts'
import { testLibbpf } from './probe-object.ts'

/** Sizes of maps; what is not named keeps the object's. */
const sizes: Readonly<Record<string, number>> = {
  hf_counters: 2 * 131_072,
  hf_buckets: 4096,
  hf_srcbuckets: 65_536,
  hf_conns: 65_536,
}

/** A built object of bpf/. */
const builtObject = (name: string): Uint8Array =>
  readFileSync(new URL(`../../../../bpf/objects/${name}.o`, import.meta.url))

/**
 * The kernel programs with a policy, on no device. Objects share the maps of the first one, as those of a host's
 * devices do.
 */
export class Enforcer {
  readonly #maps = new Map<string, BpfMap>()
  readonly #programs: BpfProgram[] = []
  readonly #blobs: BpfMap[]
  readonly #classBytes: number
  readonly #memory: BlobMemory = new Map()
  #flows = newFlows()
  #idleFlows = newFlows()
  #generation = 0
  #slots: Slots = noSlots

  constructor(classBytes = 1024 * 1024) {
    this.#classBytes = classBytes
    this.#blobs = [newBlob(classBytes), newBlob(classBytes)]
  }

  /** Programs by name. */
  load(
    object: string,
    constants: Readonly<Record<string, Constant>>,
  ): ReadonlyMap<string, BpfProgram> {
    const opened = new BpfObject(testLibbpf(), { name: object, bytes: builtObject(object) })
    try {
      opened.setConstants({ hf_blob_mask: this.#classBytes - 1, ...constants })
      for (const name of opened.mapNames()) {
        const known = this.#maps.get(name)
        const size = sizes[name]
        if (known) opened.reuseMap(name, known)
        else if (name === 'hf_gen') opened.setInnerMap(name, this.#blobs[0] as BpfMap)
        else if (name === 'hf_flowgen') opened.setInnerMap(name, this.#idleFlows)
        else if (size !== undefined) opened.setMaxEntries(name, size)
      }
      opened.load()
      for (const name of opened.mapNames()) {
        // Data sections are each instance's own.
        if (!name.includes('.') && !this.#maps.has(name)) this.#maps.set(name, opened.map(name))
      }
      const flows = this.#maps.get('hf_flowgen')
      if (flows && flows.innerId(0) === undefined) flows.setInner(0, this.#flows)
      const programs = new Map(
        opened.programNames().map((name) => [name, opened.program(name)] as const),
      )
      this.#programs.push(...programs.values())
      return programs
    } finally {
      opened.close()
    }
  }

  map(name: string): BpfMap {
    const map = this.#maps.get(name)
    if (map === undefined) throw new RangeError(`no map ${name}`)
    return map
  }

  get slots(): Slots {
    return this.#slots
  }

  get generation(): number {
    return this.#generation
  }

  /** Builds, uploads and swaps, as an agent does. */
  enforce(policy: Policy): Blob {
    const { slots, fresh } = assignSlots(this.#slots, policy)
    this.#slots = slots
    const version = policyVersion(policy)
    const generation = this.#generation + 1
    const blob = buildBlob(policy, { version, slots, generation }, this.#memory)
    // The benchmarks' programs count nothing.
    const counters = this.#maps.get('hf_counters')
    const zero = Buffer.alloc(counters?.stride ?? 0)
    for (const slot of fresh.counters) {
      counters?.update(slot * 2, zero)
      counters?.update(slot * 2 + 1, zero)
    }
    const buckets = this.#maps.get('hf_buckets')
    for (const slot of fresh.buckets) buckets?.update(slot, Buffer.alloc(8))
    this.swap(this.#inClass(blob.value))
    return blob
  }

  #inClass(value: Uint8Array): Uint8Array {
    const wanted = this.#classBytes + hfLimit.overrun
    if (value.length >= wanted) return value
    const longer = new Uint8Array(wanted)
    longer.set(value)
    return longer
  }

  swap(value: Uint8Array): void {
    this.#generation++
    if (value.length !== this.#classBytes + hfLimit.overrun) {
      throw new RangeError(`a blob of another class: ${value.length}`)
    }
    const idle = this.#blobs[this.#generation % 2] as BpfMap
    idle.update(0, value)
    this.map('hf_gen').setInner(0, idle)
  }

  /** What the kernel holds now. */
  readBack(): Buffer {
    const id = this.map('hf_gen').innerId(0)
    if (id === undefined) throw new RangeError('nothing is loaded')
    const map = BpfMap.byId(id)
    try {
      return map.lookup(0) ?? Buffer.alloc(0)
    } finally {
      map.close()
    }
  }

  /** Exchanges the flow log, and reads and empties the one that was written. */
  drainFlows(): { key: HfFlowkey; flow: HfFlow }[] {
    ;[this.#flows, this.#idleFlows] = [this.#idleFlows, this.#flows]
    this.map('hf_flowgen').setInner(0, this.#flows)
    const found: { key: HfFlowkey; flow: HfFlow }[] = []
    for (const { count, keys, values } of this.#idleFlows.drain(4096)) {
      for (let i = 0; i < count; i++) {
        found.push({
          key: readHfFlowkey(keys, i * hfFlowkey.bytes),
          flow: readHfFlow(values, i * hfFlow.bytes),
        })
      }
    }
    return found
  }

  /** A rule's hits, summed over CPUs; slot 0 for packets no line decided. */
  counter(slot: number, direction: Direction): HfCounter {
    const value = this.map('hf_counters').lookup(slot * 2 + number(direction)) ?? Buffer.alloc(0)
    const sum = { packets: 0n, bytes: 0n, limitedPackets: 0n, limitedBytes: 0n }
    for (let at = 0; at < value.length; at += hfCounter.bytes) {
      const one = readHfCounter(value, at)
      sum.packets += one.packets
      sum.bytes += one.bytes
      sum.limitedPackets += one.limitedPackets
      sum.limitedBytes += one.limitedBytes
    }
    return sum
  }

  /** Packets of a device and direction by `hfReason`, summed over CPUs. */
  reasons(slot: number, direction: Direction): number[] {
    const value = this.map('hf_stats').lookup(slot * 2 + number(direction)) ?? Buffer.alloc(0)
    const sum = Array.from({ length: hfReason.reasons }, () => 0)
    for (let at = 0; at < value.length; at += hfStat.bytes) {
      for (const [i, count] of readHfStat(value, at).count.entries()) {
        sum[i] = (sum[i] ?? 0) + Number(count)
      }
    }
    return sum
  }

  close(): void {
    for (const program of this.#programs) program.close()
    const maps = [...this.#maps.values(), ...this.#blobs, this.#flows, this.#idleFlows]
    for (const map of maps) map.close()
  }
}

const number = (direction: Direction): number => (direction === 'ingress' ? 0 : 1)

const newBlob = (classBytes: number): BpfMap =>
  BpfMap.create({
    name: 'hf_blob',
    type: 'array',
    keyBytes: 4,
    valueBytes: classBytes + hfLimit.overrun,
    maxEntries: 1,
  })

const newFlows = (): BpfMap =>
  BpfMap.create({
    name: 'hf_flows',
    type: 'hash',
    keyBytes: hfFlowkey.bytes,
    valueBytes: hfFlow.bytes,
    maxEntries: 65_536,
  })
