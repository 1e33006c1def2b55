/** What this host's kernel can do for us, found by trying, and said in sentences for `doctor`. Changes nothing. */
import { existsSync, readFileSync } from 'node:fs'
import { release } from 'node:os'
import { hasTcx } from './attach/tcx.ts'
import { driverHasXdp } from './attach/xdp.ts'
import { deviceName } from './devices.ts'
import { isRefusal } from './errors.ts'
import { type LibbpfPlaces, openLibbpf } from './libbpf.ts'
import { BpfMap } from './map.ts'
import { errnoName } from './native.ts'
import { Attributes, bpf, closeDescriptor } from './syscall.ts'
import { command, programTypes } from './uapi.ts'

export const featureNames = [
  'bpf',
  'libbpf',
  'jit',
  'btf',
  'tcx',
  'may_goto',
  'bpf_loop',
  'batch',
  'xdp_native',
] as const
export type FeatureName = (typeof featureNames)[number]

export interface Feature {
  readonly name: FeatureName
  /** Undefined when this host does not tell. */
  readonly isPresent: boolean | undefined
  /** One line: what was found, and where it is not there why and what to do. */
  readonly reason: string
  /** Of the kernel, for example `6.6`; empty where it is no question of the kernel. */
  readonly minimumKernel: string
  /** What goes without it. */
  readonly without: string
}

const told: Readonly<Record<FeatureName, Pick<Feature, 'minimumKernel' | 'without'>>> = {
  bpf: { minimumKernel: '5.17', without: 'rules are enforced by nftables' },
  libbpf: { minimumKernel: '', without: 'rules are enforced by nftables' },
  jit: { minimumKernel: '3.18', without: 'programs are interpreted, many times slower' },
  btf: { minimumKernel: '5.4', without: 'nothing: our programs need no kernel types' },
  tcx: { minimumKernel: '6.6', without: 'classifiers are attached at clsact' },
  may_goto: {
    minimumKernel: '6.9',
    without: 'the bpf_loop build is used, 1.3 to 1.7 times slower',
  },
  bpf_loop: { minimumKernel: '5.17', without: 'with neither it nor may_goto: nftables' },
  batch: { minimumKernel: '5.14', without: 'counters and flows cannot be read' },
  xdp_native: { minimumKernel: '4.8', without: 'incoming packets of the device meet TC' },
}

const feature = (name: FeatureName, isPresent: boolean | undefined, reason: string): Feature => ({
  name,
  isPresent,
  reason,
  ...told[name],
})

/** Everything but what depends on a device. What needs BPF is not asked for where that is not to be had. */
export function probeFeatures(places: LibbpfPlaces): readonly Feature[] {
  const permitted = probeBpf()
  const always = [permitted, probeLibbpf(places), probeJit(), probeBtf()]
  if (!permitted.isPresent) {
    const unknown = (['tcx', 'may_goto', 'bpf_loop', 'batch'] as const).map((name) =>
      feature(name, undefined, 'cannot be tried without BPF'),
    )
    return [...always, ...unknown]
  }
  return [...always, probeTcx(), probeMayGoto(), probeBpfLoop(), probeBatch()]
}

/** Whether a device's driver takes XDP programs itself. */
export function probeXdp(ifindex: number): Feature {
  const name = deviceName(ifindex)
  if (name === undefined) return feature('xdp_native', false, `there is no device ${ifindex}`)
  const driver = driverOf(name)
  const has = driverHasXdp(ifindex)
  const says =
    has === undefined ? `kernel ${release()} does not tell (6.3 does)` : has ? 'yes' : 'no'
  return feature('xdp_native', has, `${name}${driver ? ` (${driver})` : ''}: ${says}`)
}

function driverOf(device: string): string | undefined {
  try {
    const event = readFileSync(`/sys/class/net/${device}/device/uevent`, 'utf8')
    return /^DRIVER=(.+)$/m.exec(event)?.[1]
  } catch {
    return undefined
  }
}

/** A map and a classifier, which is what we ask of every host; and if not, who forbids it. */
function probeBpf(): Feature {
  try {
    BpfMap.create({
      name: 'hf_probe',
      type: 'array',
      keyBytes: 4,
      valueBytes: 4,
      maxEntries: 1,
    }).close()
  } catch (error) {
    return feature('bpf', false, forbidden(error))
  }
  const { errno } = tryProgram([move0, exit])
  return errno === undefined
    ? feature('bpf', true, `kernel ${release()} lets this process load classifiers`)
    : feature(
        'bpf',
        false,
        `maps can be made but classifiers not loaded (${errno}): ${whoForbids()}`,
      )
}

function forbidden(error: unknown): string {
  if (isRefusal(error, 'ENOSYS')) return 'this kernel is built without CONFIG_BPF_SYSCALL'
  if (isRefusal(error, 'EPERM')) return whoForbids()
  return error instanceof Error ? error.message : String(error)
}

const capabilities = { CAP_NET_ADMIN: 12n, CAP_SYS_ADMIN: 21n, CAP_BPF: 39n }

/** Reads the usual reasons for EPERM, the likeliest first. */
function whoForbids(): string {
  const has = effectiveCapabilities()
  if (!has('CAP_SYS_ADMIN')) {
    const lacking = (['CAP_BPF', 'CAP_NET_ADMIN'] as const).filter((name) => !has(name))
    if (lacking.length > 0) {
      return `this process lacks ${lacking.join(' and ')}: run the agent as root or grant them${
        isOpenToAll() ? '' : ' (kernel.unprivileged_bpf_disabled forbids BPF to all others)'
      }`
    }
  }
  if (/\[confidentiality\]/.test(readText('/sys/kernel/security/lockdown'))) {
    return 'the kernel is locked down for confidentiality, which forbids BPF: boot with lockdown=integrity'
  }
  if (/^Seccomp:\s*[12]$/m.test(readText('/proc/self/status'))) {
    return 'a seccomp filter forbids bpf(2), as containers do by default'
  }
  return 'the kernel forbids it, though this process has the capabilities (in a container: of the host?)'
}

function effectiveCapabilities(): (name: keyof typeof capabilities) => boolean {
  const bits = BigInt(
    `0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(readText('/proc/self/status'))?.[1] ?? '0'}`,
  )
  return (name) => ((bits >> capabilities[name]) & 1n) === 1n
}

const isOpenToAll = (): boolean =>
  readText('/proc/sys/kernel/unprivileged_bpf_disabled').trim() === '0'

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function probeLibbpf(places: LibbpfPlaces): Feature {
  try {
    const { path, version } = openLibbpf(places)
    return feature('libbpf', true, `${version} (${path})`)
  } catch (error) {
    return feature('libbpf', false, error instanceof Error ? error.message : String(error))
  }
}

function probeJit(): Feature {
  const setting = readText('/proc/sys/net/core/bpf_jit_enable').trim()
  if (setting === '') return feature('jit', undefined, 'net.core.bpf_jit_enable cannot be read')
  return setting === '0'
    ? feature('jit', false, 'it is off: sysctl net.core.bpf_jit_enable=1')
    : feature('jit', true, `net.core.bpf_jit_enable is ${setting}`)
}

function probeBtf(): Feature {
  const path = '/sys/kernel/btf/vmlinux'
  return existsSync(path)
    ? feature('btf', true, path)
    : feature('btf', false, 'this kernel is built without CONFIG_DEBUG_INFO_BTF')
}

const tooOld = (since: string): string => `kernel ${release()} has it not; ${since} is the first`

const probeTcx = (): Feature =>
  hasTcx() ? feature('tcx', true, 'yes') : feature('tcx', false, tooOld('6.6'))

function probeMayGoto(): Feature {
  const { errno } = tryProgram([move0, instruction(0xe5, 1), move0, exit])
  return errno === undefined
    ? feature('may_goto', true, 'yes')
    : feature('may_goto', false, tooOld('6.9'))
}

function probeBpfLoop(): Feature {
  // Called without what it needs: the verifier complains about that, or about not knowing it at all.
  const { errno, log } = tryProgram([instruction(0x85, 0, 181), exit])
  const isUnknown = errno === undefined || /(invalid|unknown) func/.test(log) || log === ''
  return isUnknown ? feature('bpf_loop', false, tooOld('5.17')) : feature('bpf_loop', true, 'yes')
}

function probeBatch(): Feature {
  const shape = { name: 'hf_probe', keyBytes: 4, valueBytes: 8, maxEntries: 1 }
  try {
    for (const type of ['percpuArray', 'hash'] as const) {
      const map = BpfMap.create({ ...shape, type })
      try {
        for (const _ of type === 'hash' ? map.drain(1) : map.batches(1));
      } finally {
        map.close()
      }
    }
    return feature('batch', true, 'yes')
  } catch (error) {
    return feature(
      'batch',
      false,
      isRefusal(error, 'EINVAL', 'ENOTSUPP') ? tooOld('5.14') : forbidden(error),
    )
  }
}

function instruction(code: number, offset = 0, immediate = 0): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt8(code, 0)
  bytes.writeInt16LE(offset, 2)
  bytes.writeInt32LE(immediate, 4)
  return bytes
}
const move0 = instruction(0xb7)
const exit = instruction(0x95)

/** Loads a classifier and lets go of it. No errno when the kernel took it. */
function tryProgram(instructions: readonly Buffer[]): {
  readonly errno?: string
  readonly log: string
} {
  const log = Buffer.alloc(64 * 1024)
  const attributes = new Attributes(120)
    .u32(0, programTypes.schedCls)
    .u32(4, instructions.length)
    .pointer(8, Buffer.concat(instructions))
    .pointer(16, Buffer.from('GPL\0'))
    .u32(24, 1)
    .u32(28, log.length)
    .pointer(32, log)
    .name(48, 'hf_probe')
  const result = bpf(command.progLoad, attributes)
  if (result >= 0) closeDescriptor(result)
  return {
    log: log.toString('latin1', 0, Math.max(0, log.indexOf(0))),
    ...(result < 0 ? { errno: errnoName(-result) } : {}),
  }
}
