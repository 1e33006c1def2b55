/** bpf(2), raw. It works without libbpf: what is attached can be read back, tested and taken away on any host. */
import { BpfRefused, BpfUnavailable } from './errors.ts'
import { addressOf, errno, errnoName, libc } from './native.ts'
import { command } from './uapi.ts'

const numbers: Readonly<Partial<Record<NodeJS.Architecture, number>>> = {
  x64: 321,
  arm64: 280,
  riscv64: 280,
  loong64: 280,
}

/** The argument of bpf(2), field by field at its offset. Remembers the bytes it points at, so that they live on. */
export class Attributes {
  readonly bytes: Buffer
  readonly #held: Uint8Array[] = []

  constructor(bytes: number) {
    this.bytes = Buffer.alloc(bytes)
  }

  u32(offset: number, value: number): this {
    this.bytes.writeUInt32LE(value >>> 0, offset)
    return this
  }

  u64(offset: number, value: bigint): this {
    this.bytes.writeBigUInt64LE(value, offset)
    return this
  }

  /** NUL included; the kernel takes 15 characters. */
  name(offset: number, value: string): this {
    this.bytes.write(value.slice(0, 15), offset, 'latin1')
    return this
  }

  pointer(offset: number, target: Uint8Array | undefined): this {
    if (target === undefined) return this
    this.#held.push(target)
    return this.u64(offset, addressOf(target))
  }

  path(offset: number, value: string): this {
    return this.pointer(offset, Buffer.from(`${value}\0`))
  }
}

// Named from outside the call, so that no optimization frees what the kernel is still told to read.
let inFlight: Attributes | undefined

/** What the call answers, or minus errno. */
export function bpf(operation: number, attributes: Attributes): number {
  inFlight = attributes
  try {
    const result = call(operation, inFlight.bytes)
    return result === -1 /* EPERM */ && mayRaiseMemlock() ? call(operation, inFlight.bytes) : result
  } finally {
    inFlight = undefined
  }
}

function call(operation: number, bytes: Buffer): number {
  const number = numbers[process.arch]
  if (number === undefined) throw BpfUnavailable({ reason: `not known on ${process.arch}` })
  for (let attempt = 0; ; attempt++) {
    const result = libc().syscall(number, operation, bytes, bytes.length)
    if (result >= 0) return result
    const code = errno()
    // The verifier asks to be called again when a signal came in between; other calls do not do that for ever.
    if (errnoName(code) === 'EAGAIN' && attempt < 5) continue
    return -code
  }
}

/** Throws unless the answer is good. `what` continues "cannot …". */
export function answered(what: string, result: number, reason = ''): number {
  if (result >= 0) return result
  throw BpfRefused({ what, errno: errnoName(-result), reason })
}

export const closeDescriptor = (fd: number): void => {
  libc().close(fd)
}

/** A second descriptor of the same thing, not inherited by child processes. */
export function duplicate(fd: number): number {
  const copy = libc().fcntl(fd, 1030 /* F_DUPFD_CLOEXEC */, 0)
  return answered(`duplicate descriptor ${fd}`, copy < 0 ? -errno() : copy)
}

/** One of the structs of BPF_OBJ_GET_INFO_BY_FD, as far as the kernel knows it; the rest stays zero. */
export function infoOf(fd: number, what: string, info: Buffer): Buffer {
  const attributes = new Attributes(16).u32(0, fd).u32(4, info.length).pointer(8, info)
  answered(`read about ${what}`, bpf(command.objGetInfoByFd, attributes))
  return info
}

let isMemlockRaised = false

/** Before kernel 5.11 maps count as locked memory, of which a process has little. Once; whether it helped shows. */
function mayRaiseMemlock(): boolean {
  if (isMemlockRaised) return false
  isMemlockRaised = true
  const unlimited = Buffer.alloc(16, 0xff)
  return libc().prlimit(0, 8 /* RLIMIT_MEMLOCK */, unlimited, null) === 0
}
