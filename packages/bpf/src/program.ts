import { BpfMap, nameIn } from './map.ts'
import { pinDescriptor, pinnedDescriptor } from './pin.ts'
import { Attributes, answered, bpf, closeDescriptor, infoOf } from './syscall.ts'
import { command } from './uapi.ts'

/** What the kernel says of a program. */
export interface ProgramInfo {
  readonly id: number
  readonly type: number
  /** Hash of its instructions, maps left out: the same code has the same tag everywhere. Hex. */
  readonly tag: string
  /** 15 characters at most. */
  readonly name: string
  /** Of every map it uses, in no order to rely on. */
  readonly mapIds: readonly number[]
  readonly loadedInstructions: number
  /** How many the verifier walked; 0 before kernel 5.16. */
  readonly verifiedInstructions: number
  /** 0 when it is not compiled. */
  readonly jitedBytes: number
}

export interface TestRun {
  /** The packet: an Ethernet frame, for a classifier too. */
  readonly data: Uint8Array
  /** `struct __sk_buff` or `struct xdp_md`; fields the kernel does not take must be zero. */
  readonly context?: Uint8Array
  /** How often; default 1. The duration is of one run, in whole nanoseconds, and includes about 20 of the harness. */
  readonly repeat?: number
}

export interface TestResult {
  readonly verdict: number
  readonly durationNs: number
  /** What became of the packet. */
  readonly data: Buffer
  /** What became of the context; empty when none was given. */
  readonly context: Buffer
}

/** A loaded program. Owns its descriptor; the program lives on where it is attached or pinned. */
export class BpfProgram {
  readonly fd: number
  readonly info: ProgramInfo

  /** Takes the descriptor over. */
  constructor(fd: number) {
    this.fd = fd
    this.info = programInfo(fd)
  }

  /** Refused with ENOENT when it is gone. */
  static byId(id: number): BpfProgram {
    const attributes = new Attributes(12).u32(0, id)
    return new BpfProgram(answered(`open program ${id}`, bpf(command.progGetFdById, attributes)))
  }

  static pinned(path: string): BpfProgram {
    return new BpfProgram(pinnedDescriptor(path))
  }

  /** Runs it on a packet that no device ever sees. */
  testRun({ data, context, repeat = 1 }: TestRun): TestResult {
    // Room for a program that makes the packet longer.
    const dataOut = Buffer.alloc(data.length + 256)
    const contextOut = Buffer.alloc(context?.length ?? 0)
    const attributes = new Attributes(80)
      .u32(0, this.fd)
      .u32(8, data.length)
      .u32(12, dataOut.length)
      .pointer(16, data)
      .pointer(24, dataOut)
      .u32(32, repeat)
    if (context) {
      attributes
        .u32(40, context.length)
        .u32(44, contextOut.length)
        .pointer(48, context)
        .pointer(56, contextOut)
    }
    answered(`test program ${this.info.name}`, bpf(command.progTestRun, attributes))
    return {
      verdict: attributes.bytes.readInt32LE(4),
      durationNs: attributes.bytes.readUInt32LE(36),
      data: dataOut.subarray(0, attributes.bytes.readUInt32LE(12)),
      context: contextOut.subarray(0, attributes.bytes.readUInt32LE(44)),
    }
  }

  /**
   * The maps it works with, by their names as the kernel keeps them (15 characters). From an attached program this
   * leads to what decides packets now. The caller closes them.
   */
  openMaps(): ReadonlyMap<string, BpfMap> {
    const maps = new Map<string, BpfMap>()
    try {
      for (const id of this.info.mapIds) {
        const map = BpfMap.byId(id)
        maps.get(map.info.name)?.close()
        maps.set(map.info.name, map)
      }
      return maps
    } catch (error) {
      for (const map of maps.values()) map.close()
      throw error
    }
  }

  pin(path: string): void {
    pinDescriptor(this.fd, path)
  }

  close(): void {
    closeDescriptor(this.fd)
  }
}

const maxMapIds = 64

function programInfo(fd: number): ProgramInfo {
  const mapIds = Buffer.alloc(maxMapIds * 4)
  const request = new Attributes(232).u32(52, maxMapIds).pointer(56, mapIds)
  const info = infoOf(fd, 'a program', request.bytes)
  const maps = Math.min(info.readUInt32LE(52), maxMapIds)
  return {
    type: info.readUInt32LE(0),
    id: info.readUInt32LE(4),
    tag: info.toString('hex', 8, 16),
    jitedBytes: info.readUInt32LE(16),
    loadedInstructions: info.readUInt32LE(20) / 8,
    mapIds: Array.from({ length: maps }, (_, index) => mapIds.readUInt32LE(index * 4)),
    name: nameIn(info, 64),
    verifiedInstructions: info.readUInt32LE(216),
  }
}
