import { readFileSync } from 'node:fs'
import type { Policy } from '@holdfast/policy'
import { policyVersion } from '@holdfast/policy'
import { type Blob, buildBlob, sizeClass } from '../blob/build-blob.ts'
import { assignSlots, noSlots, type Slots } from '../blob/slots.ts'
import { hfFlow, hfFlowkey, hfLimit } from '../gen/layout.ts'
import { BpfMap } from '../map.ts'
import { BpfObject, type Constant } from '../object.ts'
import type { BpfProgram } from '../program.ts'
import { testLibbpf } from './probe-object.ts'

/** A built object of bpf/. */
export const builtObject = (name: string): Uint8Array =>
  readFileSync(new URL(`../../../../bpf/objects/${name}.o`, import.meta.url))

export interface Loaded {
  readonly programs: ReadonlyMap<string, BpfProgram>
  readonly maps: ReadonlyMap<string, BpfMap>
}

/**
 * The kernel programs with a policy, on no device. Objects that are loaded behind the first one share its maps, so
 * each stands for a device slot.
 */
export class Enforcer {
  readonly #maps = new Map<string, BpfMap>()
  readonly #programs: BpfProgram[] = []
  readonly #blobs: BpfMap[] = []
  readonly #classBytes: number
  #generation = 0
  #slots: Slots = noSlots

  constructor(classBytes = 1024 * 1024) {
    this.#classBytes = classBytes
  }

  /** `slot`, `l2len`: as an agent sets them for a device. */
  load(
    name: string,
    constants: Readonly<Record<string, Constant>>,
  ): ReadonlyMap<string, BpfProgram> {
    const object = new BpfObject(testLibbpf(), { name, bytes: builtObject(name) })
    try {
      object.setConstants({ hf_blob_mask: this.#classBytes - 1, ...constants })
      object.setInnerMap('hf_gen', this.#blob(0))
      object.setInnerMap(
        'hf_flowgen',
        this.map('flows', () => newFlows(4096)),
      )
      for (const map of object.mapNames()) {
        const known = this.#maps.get(map)
        if (known) object.reuseMap(map, known)
        else if (map === 'hf_counters') object.setMaxEntries(map, 65536)
        else if (map === 'hf_buckets') object.setMaxEntries(map, 4096)
      }
      object.load()
      for (const map of object.mapNames()) {
        if (map.includes('.')) continue // each instance has constants of its own
        this.map(map, () => object.map(map))
      }
      const programs = object.programNames().map((program) => object.program(program))
      this.#programs.push(...programs)
      const flows = this.map('flows', () => newFlows(4096))
      if (this.map('hf_flowgen').innerId(0) === undefined) this.map('hf_flowgen').setInner(0, flows)
      return new Map(
        object.programNames().map((program, i) => [program, programs[i] as BpfProgram]),
      )
    } finally {
      object.close()
    }
  }

  map(name: string, make?: () => BpfMap): BpfMap {
    const known = this.#maps.get(name) ?? make?.()
    if (known === undefined) throw new RangeError(`no map ${name}`)
    this.#maps.set(name, known)
    return known
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
    const blob = buildBlob(policy, {
      version: policyVersion(policy),
      slots,
      generation: ++this.#generation,
    })
    const buckets = this.map('hf_buckets')
    for (const slot of fresh.buckets) buckets.update(slot, Buffer.alloc(8))
    this.swap(blob.bytes)
    return blob
  }

  swap(bytes: Uint8Array): void {
    if (sizeClass(bytes.length) > this.#classBytes) throw new RangeError('a larger class is needed')
    const value = Buffer.alloc(this.#classBytes + hfLimit.overrun)
    value.set(bytes)
    const idle = this.#blob(this.#generation % 2)
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

  close(): void {
    for (const program of this.#programs) program.close()
    for (const map of [...this.#maps.values(), ...this.#blobs]) map.close()
  }

  #blob(index: number): BpfMap {
    this.#blobs[index] ??= BpfMap.create({
      name: 'hf_blob',
      type: 'array',
      keyBytes: 4,
      valueBytes: this.#classBytes + hfLimit.overrun,
      maxEntries: 1,
    })
    return this.#blobs[index]
  }
}

export const newFlows = (maxEntries: number): BpfMap =>
  BpfMap.create({
    name: 'hf_flows',
    type: 'hash',
    keyBytes: hfFlowkey.bytes,
    valueBytes: hfFlow.bytes,
    maxEntries,
  })
