import { type Btf, parseBtf, variablesIn } from './btf/parse.ts'
import { BpfLoadFailed, BpfRefused } from './errors.ts'
import { type Libbpf, lengthOut } from './libbpf.ts'
import { BpfMap } from './map.ts'
import {
  allocateMemory,
  copyOf,
  errno,
  errnoName,
  freeMemory,
  libc,
  type Memory,
  type Pointer,
} from './native.ts'
import { BpfProgram } from './program.ts'
import { duplicate } from './syscall.ts'

export interface ObjectSource {
  /** For the kernel's and our messages; the first 8 characters prefix names of its data maps. */
  readonly name: string
  /** An ELF file, as clang makes it. */
  readonly bytes: Uint8Array
}

/** A constant of `.rodata`: whole numbers by the variable's size, or its bytes. */
export type Constant = number | bigint | boolean | Uint8Array

// The verifier writes its whole walk; the end says why it stopped, and only that is kept.
const logBytes = 4 * 1024 * 1024
const keptLogBytes = 16 * 1024

/**
 * An object file on its way into the kernel: open, set what is to differ, load, take the maps and programs out,
 * close. What was taken out has descriptors of its own and outlives the object.
 *
 * Names are those of the C source. A name the object does not have is an error of the program and thrown as such.
 */
export class BpfObject {
  readonly name: string
  readonly #libbpf: Libbpf
  readonly #object: Pointer
  readonly #log: Pointer
  #isClosed = false

  constructor(libbpf: Libbpf, { name, bytes }: ObjectSource) {
    this.name = name
    this.#libbpf = libbpf
    this.#log = allocateMemory(logBytes)
    copyInto(this.#log, Buffer.alloc(1)) // empty, until somebody writes to it
    // struct bpf_object_open_opts of 1.0; later ones only add at the end.
    const options = Buffer.alloc(80)
    const nameBytes = Buffer.from(`${name}\0`)
    const nameMemory = allocateMemory(nameBytes.length)
    try {
      copyInto(nameMemory, nameBytes)
      options.writeBigUInt64LE(BigInt(options.length), 0)
      options.writeBigUInt64LE(nameMemory, 8)
      options.writeBigUInt64LE(this.#log, 56)
      options.writeBigUInt64LE(BigInt(logBytes), 64)
      const { result, complaints } = libbpf.listen(() => {
        const object = libbpf.objectOpenMem(bytes, bytes.length, options)
        return { object, code: errno() }
      })
      if (result.object === null) throw this.#failed(result.code, complaints)
      this.#object = result.object
    } catch (error) {
      freeMemory(this.#log)
      throw error
    } finally {
      freeMemory(nameMemory)
    }
  }

  setMaxEntries(map: string, entries: number): void {
    this.#set(`set the size of map ${map}`, this.#libbpf.mapSetMaxEntries(this.#map(map), entries))
  }

  setValueBytes(map: string, bytes: number): void {
    this.#set(`set the value size of ${map}`, this.#libbpf.mapSetValueSize(this.#map(map), bytes))
  }

  /** Uses a map that exists instead of making one; it must be alike. */
  reuseMap(map: string, existing: BpfMap): void {
    this.#set(`reuse map ${map}`, this.#libbpf.mapReuseFd(this.#map(map), existing.fd))
  }

  /** What a map of maps will hold. `like` must stay open until the object is loaded. */
  setInnerMap(map: string, like: BpfMap): void {
    this.#set(`set the inner map of ${map}`, this.#libbpf.mapSetInnerMapFd(this.#map(map), like.fd))
  }

  /** Leaves a program out, for one this kernel would not take. */
  leaveOut(program: string): void {
    this.#set(
      `leave out ${program}`,
      this.#libbpf.programSetAutoload(this.#program(program), false),
    )
  }

  /**
   * Sets constants (`const volatile` variables). The verifier knows them when it reads the program, and the
   * kernel freezes them: nobody changes them afterwards.
   */
  setConstants(constants: Readonly<Record<string, Constant>>): void {
    const map = this.#map('.rodata')
    const length = lengthOut()
    const from = this.#libbpf.mapInitialValue(map, length.memory)
    if (from === null) throw new TypeError(`${this.name} has no constants`)
    const data = copyOf(from, length.read())
    const variables = variablesIn(this.btf(), '.rodata')
    for (const [name, value] of Object.entries(constants)) {
      const variable = variables.get(name)
      if (!variable) throw new TypeError(`${this.name} has no constant ${name}`)
      writeConstant(data, name, variable, value)
    }
    this.#set('set constants', this.#libbpf.mapSetInitialValue(map, data, data.length))
  }

  /** Its types. */
  btf(): Btf {
    const btf = this.#libbpf.objectBtf(this.#open())
    if (btf === null) throw new TypeError(`${this.name} was built without types (clang -g)`)
    const length = lengthOut()
    const raw = this.#libbpf.btfRawData(btf, length.memory)
    if (raw === null) throw new TypeError(`${this.name}: its types cannot be read`)
    return parseBtf(copyOf(raw, length.read()))
  }

  /** Makes the maps and loads the programs. Throws bpf.load_failed with the end of the verifier's log. */
  load(): void {
    const { result, complaints } = this.#libbpf.listen(() => this.#libbpf.objectLoad(this.#open()))
    if (result < 0) throw this.#failed(-result, complaints)
  }

  /** One of its maps, once loaded; the caller closes it. */
  map(name: string): BpfMap {
    return new BpfMap(duplicate(this.#libbpf.mapFd(this.#map(name))))
  }

  /** One of its programs, once loaded; the caller closes it. */
  program(name: string): BpfProgram {
    return new BpfProgram(duplicate(this.#libbpf.programFd(this.#program(name))))
  }

  mapNames(): readonly string[] {
    const names: string[] = []
    let map = this.#libbpf.nextMap(this.#open(), null)
    for (; map !== null; map = this.#libbpf.nextMap(this.#object, map)) {
      names.push(this.#libbpf.mapName(map))
    }
    return names
  }

  programNames(): readonly string[] {
    const names: string[] = []
    let program = this.#libbpf.nextProgram(this.#open(), null)
    for (; program !== null; program = this.#libbpf.nextProgram(this.#object, program)) {
      names.push(this.#libbpf.programName(program))
    }
    return names
  }

  /** May be called twice. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#libbpf.objectClose(this.#object)
    freeMemory(this.#log)
  }

  #open(): Pointer {
    if (this.#isClosed) throw new TypeError(`${this.name} is closed`)
    return this.#object
  }

  #map(name: string): Pointer {
    const map = this.#libbpf.findMap(this.#open(), name)
    if (map === null) throw new TypeError(`${this.name} has no map ${name}`)
    return map
  }

  #program(name: string): Pointer {
    const program = this.#libbpf.findProgram(this.#open(), name)
    if (program === null) throw new TypeError(`${this.name} has no program ${name}`)
    return program
  }

  #set(what: string, result: number): void {
    if (result < 0) throw BpfRefused({ what, errno: errnoName(-result), reason: this.name })
  }

  #failed(code: number, complaints: readonly string[]): Error {
    const log = copyOf(this.#log, logBytes)
    const end = log.indexOf(0)
    const verifierLog = log
      .subarray(Math.max(0, end - keptLogBytes), Math.max(0, end))
      .toString('utf8')
      .trim()
    return BpfLoadFailed({
      object: this.name,
      errno: errnoName(code),
      reason: reasonOf(verifierLog, complaints),
      verifierLog,
    })
  }
}

/** One line: what the verifier said before its statistics, or libbpf's first complaint. */
function reasonOf(verifierLog: string, complaints: readonly string[]): string {
  const said = verifierLog
    .split('\n')
    .filter((line) => line !== '' && !/^(processed \d+|verification time|stack depth)/.test(line))
    .at(-1)
  return (said ?? complaints[0]?.replace(/^libbpf: /, '') ?? '').slice(0, 300)
}

function writeConstant(
  data: Buffer,
  name: string,
  { offset, bytes }: { readonly offset: number; readonly bytes: number },
  value: Constant,
): void {
  if (value instanceof Uint8Array) {
    if (value.length !== bytes) {
      throw new RangeError(`constant ${name} takes ${bytes} bytes, not ${value.length}`)
    }
    data.set(value, offset)
    return
  }
  const number = BigInt(value)
  const bits = bytes * 8
  if (![1, 2, 4, 8].includes(bytes)) throw new RangeError(`constant ${name} is no number`)
  if (number < -(1n << BigInt(bits - 1)) || number >= 1n << BigInt(bits)) {
    throw new RangeError(`constant ${name} has ${bits} bits, too few for ${number}`)
  }
  const wide = Buffer.alloc(8)
  wide.writeBigUInt64LE(BigInt.asUintN(64, number))
  wide.copy(data, offset, 0, bytes)
}

/** Writes bytes at an address. */
function copyInto(to: Pointer, from: Memory & Uint8Array): void {
  libc().memcpy(to, from, from.length)
}
