/**
 * libbpf 1.x, which reads object files, relocates them for this kernel and loads them. Everything else goes to the
 * kernel directly (syscall.ts, netlink.ts): libbpf 1.1 knows no TCX, and what is attached must be seen and taken away
 * on a host that has lost its libbpf too.
 */
import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { BpfUnavailable } from './errors.ts'
import {
  type Library,
  libc,
  type Memory,
  openLibrary,
  type Pointer,
  withCallback,
} from './native.ts'

/** Null where C says NULL. */
type Handle = Pointer | null

export interface Libbpf {
  /** As it was found: a path, or the bare name the system's own search knew. */
  readonly path: string
  /** For example `v1.1`. */
  readonly version: string
  readonly objectOpenMem: (bytes: Memory, length: number, options: Memory) => Handle
  readonly objectLoad: (object: Handle) => number
  readonly objectClose: (object: Handle) => void
  readonly objectBtf: (object: Handle) => Handle
  readonly btfRawData: (btf: Handle, length: Memory) => Handle
  readonly findMap: (object: Handle, name: string) => Handle
  readonly findProgram: (object: Handle, name: string) => Handle
  readonly nextMap: (object: Handle, map: Handle) => Handle
  readonly nextProgram: (object: Handle, program: Handle) => Handle
  readonly mapName: (map: Handle) => string
  readonly mapFd: (map: Handle) => number
  readonly mapSetMaxEntries: (map: Handle, entries: number) => number
  readonly mapSetValueSize: (map: Handle, bytes: number) => number
  readonly mapReuseFd: (map: Handle, fd: number) => number
  readonly mapSetInnerMapFd: (map: Handle, fd: number) => number
  readonly mapInitialValue: (map: Handle, length: Memory) => Handle
  readonly mapSetInitialValue: (map: Handle, bytes: Memory, length: number) => number
  readonly programName: (program: Handle) => string
  readonly programFd: (program: Handle) => number
  readonly programSetAutoload: (program: Handle, isLoaded: boolean) => number
  /** Runs a call and answers what libbpf complained about meanwhile, last line last. */
  listen<T>(call: () => T): { readonly result: T; readonly complaints: readonly string[] }
}

export interface LibbpfPlaces {
  /** HOLDFAST_LIBBPF: this file and no other. */
  readonly path?: string | undefined
  /** Folders of ours it may have been put into, before the system's. */
  readonly folders?: readonly string[]
}

const fileName = 'libbpf.so.1'
const triplets: Readonly<Partial<Record<NodeJS.Architecture, string>>> = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  riscv64: 'riscv64-linux-gnu',
}

/** Where distributions put libraries; the loader's own search knows most, but not in every container. */
function systemFolders(): readonly string[] {
  const triplet = triplets[process.arch]
  const folders = ['/usr/local/lib', '/usr/lib64', '/lib64', '/usr/lib', '/lib']
  return triplet ? [`/usr/lib/${triplet}`, `/lib/${triplet}`, ...folders] : folders
}

/** The files there are, best first. */
const filesIn = (folders: readonly string[]): readonly string[] =>
  folders.map((folder) => join(folder, fileName)).filter((file) => existsSync(file))

/** Where libbpf is, without loading it; undefined when it would have to be fetched. */
export function findLibbpf({ path, folders = [] }: LibbpfPlaces = {}): string | undefined {
  if (path !== undefined && path !== '') return existsSync(path) ? path : undefined
  return filesIn([...folders, ...systemFolders()])[0]
}

/** Finds and loads libbpf. Throws bpf.unavailable, saying what is missing and where it comes from. */
export function openLibbpf({ path, folders = [] }: LibbpfPlaces = {}): Libbpf {
  if (path !== undefined && path !== '') {
    if (!isAbsolute(path)) {
      throw BpfUnavailable({ reason: `HOLDFAST_LIBBPF is not an absolute path: ${path}` })
    }
    if (!existsSync(path)) {
      throw BpfUnavailable({ reason: `HOLDFAST_LIBBPF names no file: ${path}` })
    }
    return tried(path)
  }
  const [ours, theirs] = [filesIn(folders), filesIn(systemFolders())]
  let failure: unknown
  // The bare name asks the loader, which knows what ld.so.conf adds.
  for (const candidate of [...ours, fileName, ...theirs]) {
    try {
      return tried(candidate)
    } catch (error) {
      // A file that is there and does not load says more than a name nobody knows.
      if (failure === undefined || candidate !== fileName) failure = error
    }
  }
  if (ours.length + theirs.length > 0) throw failure
  throw BpfUnavailable(
    {
      reason: `${fileName} was not found (Debian and Ubuntu: apt-get install libbpf1; Fedora: dnf install libbpf), or name the file in HOLDFAST_LIBBPF`,
    },
    failure,
  )
}

// What libbpf needs, in the order of their own needs. Once in the process a library is found by its name.
const companions = ['libz.so.1', 'libzstd.so.1', 'libelf.so.1']
const kept: Library[] = []

function tried(path: string): Libbpf {
  let library: Library
  try {
    preload(path)
    library = openLibrary(path)
  } catch (error) {
    if (BpfUnavailable.is(error)) throw error
    const said = error instanceof Error ? error.message : String(error)
    throw BpfUnavailable({ reason: `${path} does not load: ${said.slice(0, 300)}` }, error)
  }
  // Version 0.x had other errors and other names; every 1.x keeps these.
  if (!library.has('libbpf_major_version') || !library.has('bpf_object__open_mem')) {
    throw BpfUnavailable({ reason: `${path} is no libbpf 1.0 or later` })
  }
  return bind(path, library)
}

/** Outside the system's folders nobody finds a library's libraries: load those that lie beside it first. */
function preload(path: string): void {
  if (!isAbsolute(path) || systemFolders().includes(dirname(path))) return
  const beside = dirname(path)
  // Debian spreads a package over /lib and /usr/lib.
  const inLib = beside.replace(/\/usr(\/lib\/[^/]+)$/, '$1')
  const inUsr = inLib.replace(/(\/lib\/[^/]+)$/, '/usr$1')
  const places = [beside, inLib, inUsr]
  for (const name of companions) {
    const file = places.map((place) => join(place, name)).find((one) => existsSync(one))
    if (file !== undefined) kept.push(openLibrary(file))
  }
}

function bind(path: string, library: Library): Libbpf {
  const p = 'void *'
  const call = library.function
  const setPrint = call<(callback: Handle) => Handle>('libbpf_set_print', p, [p])
  return {
    path,
    version: call<() => string>('libbpf_version_string', 'str', [])(),
    objectOpenMem: call('bpf_object__open_mem', p, [p, 'size_t', p]),
    objectLoad: call('bpf_object__load', 'int', [p]),
    objectClose: call('bpf_object__close', 'void', [p]),
    objectBtf: call('bpf_object__btf', p, [p]),
    btfRawData: call('btf__raw_data', p, [p, p]),
    findMap: call('bpf_object__find_map_by_name', p, [p, 'str']),
    findProgram: call('bpf_object__find_program_by_name', p, [p, 'str']),
    nextMap: call('bpf_object__next_map', p, [p, p]),
    nextProgram: call('bpf_object__next_program', p, [p, p]),
    mapName: call('bpf_map__name', 'str', [p]),
    mapFd: call('bpf_map__fd', 'int', [p]),
    mapSetMaxEntries: call('bpf_map__set_max_entries', 'int', [p, 'uint32_t']),
    mapSetValueSize: call('bpf_map__set_value_size', 'int', [p, 'uint32_t']),
    mapReuseFd: call('bpf_map__reuse_fd', 'int', [p, 'int']),
    mapSetInnerMapFd: call('bpf_map__set_inner_map_fd', 'int', [p, 'int']),
    mapInitialValue: call('bpf_map__initial_value', p, [p, p]),
    mapSetInitialValue: call('bpf_map__set_initial_value', 'int', [p, p, 'size_t']),
    programName: call('bpf_program__name', 'str', [p]),
    programFd: call('bpf_program__fd', 'int', [p]),
    programSetAutoload: call('bpf_program__set_autoload', 'int', [p, 'bool']),
    listen: (work) => listen(setPrint, work),
  }
}

const maxComplaints = 50

/**
 * libbpf explains itself through one function a process, by default to standard error. It is ours while a call
 * runs and silent in between; so only one thread of a process may be in libbpf.
 */
function listen<T>(
  setPrint: (callback: Handle) => Handle,
  work: () => T,
): { readonly result: T; readonly complaints: readonly string[] } {
  const complaints: string[] = []
  // The third argument is a va_list, which reaches a function as an address on every platform we run on.
  const hear = (level: number, format: Pointer, list: Pointer): number => {
    if (level > 0) return 0
    const line = Buffer.alloc(2048)
    const length = libc().vsnprintf(line, line.length, format, list)
    const text = line.toString('utf8', 0, Math.min(Math.max(0, length), line.length - 1)).trim()
    complaints.push(text)
    if (complaints.length > maxComplaints) complaints.shift()
    return 0
  }
  const result = withCallback(hear, 'int', ['int', 'void *', 'void *'], (pointer) => {
    setPrint(pointer)
    try {
      return work()
    } finally {
      setPrint(null)
    }
  })
  return { result, complaints }
}

/** A `size_t` or `__u32` to be filled in, and what it then says. */
export function lengthOut(): { readonly memory: Buffer; read(): number } {
  const memory = Buffer.alloc(8)
  return { memory, read: () => Number(memory.readBigUInt64LE()) }
}
