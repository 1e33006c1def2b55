/**
 * The only place that knows koffi: functions of libc, and libraries by path.
 *
 * Every call here is synchronous and holds its thread until the kernel answers. Most take microseconds; an update
 * of a map of maps waits for an RCU grace period (5 to 20 ms), loading a program for the verifier (up to seconds).
 * So whoever uses this package at run time does it in a worker thread, never on the event loop that serves others.
 */
import { createRequire } from 'node:module'
import type koffiModule from 'koffi'
import { BpfUnavailable } from './errors.ts'

type Koffi = typeof koffiModule
/** An address in this process. */
export type Pointer = bigint
/** What a `void *` may be given: bytes (their address, without a copy), an address, or NULL. */
export type Memory = Uint8Array | Pointer | null

/** A loaded library; types of functions are the caller's word. */
export interface Library {
  function<F extends (...args: never[]) => unknown>(
    name: string,
    result: string,
    parameters: readonly string[],
  ): F
  has(name: string): boolean
}

interface Libc {
  readonly syscall: (number: number, a: number, b: Memory, c: number) => number
  readonly close: (fd: number) => number
  readonly fcntl: (fd: number, command: number, argument: number) => number
  readonly memcpy: (to: Memory, from: Memory, bytes: number) => Pointer
  readonly vsnprintf: (to: Memory, bytes: number, format: Memory, list: Memory) => number
  readonly ifNameToIndex: (name: string) => number
  readonly ifIndexToName: (index: number, name: Memory) => Pointer | null
  readonly prlimit: (pid: number, resource: number, next: Memory, old: Memory) => number
  readonly mount: (
    source: string,
    target: string,
    type: string,
    flags: number,
    data: string | null,
  ) => number
  readonly umount2: (target: string, flags: number) => number
  readonly socket: (family: number, type: number, protocol: number) => number
  readonly setsockopt: (
    fd: number,
    level: number,
    option: number,
    value: Memory,
    length: number,
  ) => number
  readonly send: (fd: number, bytes: Memory, length: number, flags: number) => number
  readonly recv: (fd: number, bytes: Memory, length: number, flags: number) => number
}

let loadedKoffi: Koffi | undefined
let loadedLibc: Libc | undefined

/** Loaded on first use: a platform without a build of it must still run everything else. */
function koffi(): Koffi {
  if (loadedKoffi) return loadedKoffi
  if (process.platform !== 'linux') throw BpfUnavailable({ reason: 'it needs Linux' })
  try {
    loadedKoffi = createRequire(import.meta.url)('koffi') as Koffi
    return loadedKoffi
  } catch (error) {
    throw BpfUnavailable(
      { reason: `koffi has no build for ${process.platform} on ${process.arch}` },
      error,
    )
  }
}

/** Throws when the file cannot be loaded; what the loader said is the message. */
export function openLibrary(path: string | null): Library {
  const handle = koffi().load(path)
  return {
    function: (name, result, parameters) => handle.func(name, result, [...parameters]) as never,
    has(name) {
      try {
        handle.symbol(name)
        return true
      } catch {
        return false
      }
    },
  }
}

export function libc(): Libc {
  if (loadedLibc) return loadedLibc
  const c = openLibrary(null)
  loadedLibc = {
    // Not declared variadic: the calling conventions we run on pass whole numbers the same way.
    syscall: c.function('syscall', 'long', ['long', 'long', 'void *', 'long']),
    close: c.function('close', 'int', ['int']),
    fcntl: c.function('fcntl', 'int', ['int', 'int', 'long']),
    memcpy: c.function('memcpy', 'void *', ['void *', 'void *', 'size_t']),
    vsnprintf: c.function('vsnprintf', 'int', ['void *', 'size_t', 'void *', 'void *']),
    ifNameToIndex: c.function('if_nametoindex', 'uint', ['str']),
    ifIndexToName: c.function('if_indextoname', 'void *', ['uint', 'void *']),
    prlimit: c.function('prlimit', 'int', ['int', 'int', 'void *', 'void *']),
    mount: c.function('mount', 'int', ['str', 'str', 'str', 'ulong', 'str']),
    umount2: c.function('umount2', 'int', ['str', 'int']),
    socket: c.function('socket', 'int', ['int', 'int', 'int']),
    setsockopt: c.function('setsockopt', 'int', ['int', 'int', 'int', 'void *', 'uint']),
    send: c.function('send', 'long', ['int', 'void *', 'size_t', 'int']),
    recv: c.function('recv', 'long', ['int', 'void *', 'size_t', 'int']),
  }
  return loadedLibc
}

/** The number the last call of this thread failed with. */
export const errno = (): number => koffi().errno()

/** Where the bytes are. They must outlive whoever is told: keep a reference until the call is over. */
export const addressOf = (bytes: Uint8Array): Pointer => koffi().address(bytes)

/** Memory that does not move, for libraries that keep a pointer. `freeMemory` gives it back. */
export const allocateMemory = (bytes: number): Pointer => koffi().alloc('uint8_t', bytes) as Pointer
export const freeMemory = (pointer: Pointer): void => koffi().free(pointer)

/** A copy of what is at an address. */
export function copyOf(pointer: Pointer, bytes: number): Buffer {
  const copy = Buffer.alloc(bytes)
  if (bytes > 0) libc().memcpy(copy, pointer, bytes)
  return copy
}

const signatures = new Map<string, ReturnType<Koffi['pointer']>>()

/** A function C may call, while `use` runs and only on this thread. */
export function withCallback<T>(
  callback: (...args: never[]) => unknown,
  result: string,
  parameters: readonly string[],
  use: (pointer: Pointer) => T,
): T {
  const native = koffi()
  const signature = `${result}(${parameters.join()})`
  const type = signatures.get(signature) ?? native.pointer(native.proto(result, [...parameters]))
  signatures.set(signature, type)
  const pointer = native.register(callback as (...args: unknown[]) => unknown, type)
  try {
    return use(pointer)
  } finally {
    native.unregister(pointer)
  }
}

// Not in every C library's list: what the kernel says when an operation is not built into it.
const kernelOnly: Readonly<Record<number, string>> = { 524: 'ENOTSUPP' }
let names: ReadonlyMap<number, string> | undefined

export function errnoName(code: number): string {
  names ??= new Map(Object.entries(koffi().os.errno).map(([name, number]) => [number, name]))
  return names.get(code) ?? kernelOnly[code] ?? `errno ${code}`
}
