import { possibleCpus } from './cpus.ts'
import { pinDescriptor, pinnedDescriptor } from './pin.ts'
import { Attributes, answered, bpf, closeDescriptor, infoOf } from './syscall.ts'
import { command, type MapType, mapTypes } from './uapi.ts'

/** What the kernel says of a map. */
export interface MapInfo {
  readonly id: number
  /** Undefined for a kind this package makes no use of. */
  readonly type: MapType | undefined
  readonly keyBytes: number
  /** Of one value; a per-CPU map holds one for each possible CPU. */
  readonly valueBytes: number
  readonly maxEntries: number
  readonly flags: number
  /** 15 characters at most. */
  readonly name: string
}

export interface NewMap {
  readonly name: string
  readonly type: MapType
  readonly keyBytes: number
  readonly valueBytes: number
  readonly maxEntries: number
  readonly flags?: number
  /** For a map of maps: one like those it will hold. */
  readonly inner?: BpfMap
}

/** A key; a number stands for the four bytes of an array's index. */
export type MapKey = number | Uint8Array

/** `create` refuses a key that is there, `replace` one that is not. */
export type UpdateMode = 'set' | 'create' | 'replace'
const updateFlags: Readonly<Record<UpdateMode, bigint>> = { set: 0n, create: 1n, replace: 2n }

/** A piece of a map. The buffers are used again for the next piece: copy what is to stay. */
export interface Batch {
  readonly count: number
  /** `count` keys, one after the other. */
  readonly keys: Buffer
  /** `count` values; in a per-CPU map each is `stride` bytes, one slot of `slotBytes` a CPU. */
  readonly values: Buffer
}

const perCpuTypes: ReadonlySet<MapType | undefined> = new Set<MapType>([
  'percpuHash',
  'percpuArray',
  'lruPercpuHash',
])

/** An open map. Owns its descriptor; `close` gives it back, and the map lives on while anything else holds it. */
export class BpfMap {
  readonly fd: number
  readonly info: MapInfo
  /** Bytes the kernel reads or writes for one key. */
  readonly stride: number
  /** Bytes of one CPU's part of a value: its size, rounded up to 8 in a per-CPU map. */
  readonly slotBytes: number

  /** Takes the descriptor over. */
  constructor(fd: number) {
    this.fd = fd
    this.info = mapInfo(fd)
    const isPerCpu = perCpuTypes.has(this.info.type)
    this.slotBytes = isPerCpu ? (this.info.valueBytes + 7) & ~7 : this.info.valueBytes
    this.stride = isPerCpu ? this.slotBytes * possibleCpus() : this.slotBytes
  }

  static create(map: NewMap): BpfMap {
    const attributes = new Attributes(72)
      .u32(0, mapTypes[map.type])
      .u32(4, map.keyBytes)
      .u32(8, map.valueBytes)
      .u32(12, map.maxEntries)
      .u32(16, map.flags ?? 0)
      .u32(20, map.inner?.fd ?? 0)
      .name(28, map.name)
    return new BpfMap(answered(`create map ${map.name}`, bpf(command.mapCreate, attributes)))
  }

  /** By the number the kernel gave it, as a program's info names its maps. Refused with ENOENT when it is gone. */
  static byId(id: number): BpfMap {
    const attributes = new Attributes(12).u32(0, id)
    return new BpfMap(answered(`open map ${id}`, bpf(command.mapGetFdById, attributes)))
  }

  /** Refused with ENOENT when nothing is pinned there. */
  static pinned(path: string): BpfMap {
    return new BpfMap(pinnedDescriptor(path))
  }

  /**
   * The value, in a per-CPU map the values of all CPUs; undefined when there is none. `into`, of `stride` bytes, is
   * where it goes: megabytes that are fresh each time cost more than the copy.
   */
  lookup(key: MapKey, into?: Buffer): Buffer | undefined {
    const value = into?.length === this.stride ? into : Buffer.alloc(this.stride)
    const result = bpf(command.mapLookup, this.#element(key, value))
    if (result === -2 /* ENOENT */) return undefined
    answered(`look up in map ${this.info.name}`, result)
    return value
  }

  /**
   * Sets a value of exactly `stride` bytes. They are not copied on the way into the kernel, so that megabytes cost
   * what the kernel's own copy costs.
   */
  update(key: MapKey, value: Uint8Array, mode: UpdateMode = 'set'): void {
    if (value.length !== this.stride) {
      throw new RangeError(
        `map ${this.info.name} takes ${this.stride} bytes a value, not ${value.length}`,
      )
    }
    const attributes = this.#element(key, value).u64(24, updateFlags[mode])
    answered(`update map ${this.info.name}`, bpf(command.mapUpdate, attributes))
  }

  /** Whether there was one. */
  delete(key: MapKey): boolean {
    const result = bpf(command.mapDelete, this.#element(key, undefined))
    if (result === -2 /* ENOENT */) return false
    answered(`delete from map ${this.info.name}`, result)
    return true
  }

  /**
   * Puts a map into a map of maps. New packets see it when the pointer is stored; the call returns when no packet
   * uses the one that was there before (an RCU grace period, 5 to 20 ms), so that one may be written again.
   */
  setInner(key: MapKey, inner: BpfMap): void {
    const value = Buffer.alloc(4)
    value.writeUInt32LE(inner.fd)
    const attributes = this.#element(key, value)
    answered(
      `put ${inner.info.name} into map ${this.info.name}`,
      bpf(command.mapUpdate, attributes),
    )
  }

  /** The number of the map a map of maps holds under a key. */
  innerId(key: MapKey): number | undefined {
    const value = Buffer.alloc(4)
    const result = bpf(command.mapLookup, this.#element(key, value))
    if (result === -2 /* ENOENT */) return undefined
    answered(`look up in map ${this.info.name}`, result)
    return value.readUInt32LE()
  }

  /** The whole map in pieces of up to `size` elements. Elements that come or go meanwhile may be missed. */
  batches(size: number): Generator<Batch> {
    return this.#batches(command.mapLookupBatch, size)
  }

  /** The same for a hash map, and takes the elements out: what one piece names is no longer in the map. */
  drain(size: number): Generator<Batch> {
    return this.#batches(command.mapLookupAndDeleteBatch, size)
  }

  /** Sets `keys.length / keyBytes` elements at once. */
  updateBatch(keys: Uint8Array, values: Uint8Array): void {
    const count = keys.length / this.info.keyBytes
    if (!Number.isInteger(count) || values.length !== count * this.stride) {
      throw new RangeError(`keys and values for map ${this.info.name} do not fit each other`)
    }
    if (count === 0) return
    const attributes = new Attributes(56)
      .pointer(16, keys)
      .pointer(24, values)
      .u32(32, count)
      .u32(36, this.fd)
    answered(`update map ${this.info.name}`, bpf(command.mapUpdateBatch, attributes))
  }

  /** From now on only programs write to it. */
  freeze(): void {
    const attributes = new Attributes(4).u32(0, this.fd)
    answered(`freeze map ${this.info.name}`, bpf(command.mapFreeze, attributes))
  }

  pin(path: string): void {
    pinDescriptor(this.fd, path)
  }

  close(): void {
    closeDescriptor(this.fd)
  }

  #element(key: MapKey, value: Uint8Array | undefined): Attributes {
    const bytes = typeof key === 'number' ? indexBytes(key) : key
    if (bytes.length !== this.info.keyBytes) {
      throw new RangeError(
        `map ${this.info.name} takes ${this.info.keyBytes} bytes a key, not ${bytes.length}`,
      )
    }
    return new Attributes(32).u32(0, this.fd).pointer(8, bytes).pointer(16, value)
  }

  *#batches(operation: number, size: number): Generator<Batch> {
    let room = Math.max(1, Math.min(size, this.info.maxEntries))
    let keys = Buffer.alloc(room * this.info.keyBytes)
    let values = Buffer.alloc(room * this.stride)
    // Where the kernel goes on: a key of an array, a bucket of a hash map.
    const place = Buffer.alloc(Math.max(8, this.info.keyBytes))
    let hasBegun = false
    for (;;) {
      const attributes = new Attributes(56)
        .pointer(0, hasBegun ? place : undefined)
        .pointer(8, place)
        .pointer(16, keys)
        .pointer(24, values)
        .u32(32, room)
        .u32(36, this.fd)
      const result = bpf(operation, attributes)
      if (result === -28 /* ENOSPC */) {
        // A bucket holds more than fits, and buckets come whole.
        room *= 2
        keys = Buffer.alloc(room * this.info.keyBytes)
        values = Buffer.alloc(room * this.stride)
        continue
      }
      const isLast = result === -2 /* ENOENT */
      if (!isLast) answered(`read map ${this.info.name}`, result)
      const count = attributes.bytes.readUInt32LE(32)
      if (count > 0) {
        yield {
          count,
          keys: keys.subarray(0, count * this.info.keyBytes),
          values: values.subarray(0, count * this.stride),
        }
      }
      if (isLast) return
      hasBegun = true
    }
  }
}

function indexBytes(index: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(index)
  return bytes
}

const typeNames = new Map<number, MapType>(
  Object.entries(mapTypes).map(([name, number]) => [number, name as MapType]),
)

function mapInfo(fd: number): MapInfo {
  const info = infoOf(fd, 'a map', Buffer.alloc(88))
  return {
    type: typeNames.get(info.readUInt32LE(0)),
    id: info.readUInt32LE(4),
    keyBytes: info.readUInt32LE(8),
    valueBytes: info.readUInt32LE(12),
    maxEntries: info.readUInt32LE(16),
    flags: info.readUInt32LE(20),
    name: nameIn(info, 24),
  }
}

/** A name in an info struct: 16 bytes, NUL-padded. */
export const nameIn = (info: Buffer, offset: number): string =>
  info.toString('latin1', offset, offset + 16).replace(/\0.*$/s, '')
