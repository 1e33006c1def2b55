import { readdirSync, readFileSync } from 'node:fs'
import {
  type Attached,
  attachedTo,
  attachIngress,
  attachTc,
  BpfLink,
  BpfProgram,
  detachTc,
  detachXdp,
  ifindexOf,
  isRefusal,
} from '@holdfast/bpf'
import type { Instance } from './programs.ts'

/** Where one device is judged. */
export interface Judged {
  /** Empty when our program is not there. */
  readonly ingressHook: string
  readonly egressHook: string
  readonly error: string
}

/** `struct net_device.type` of devices whose packets begin with an Ethernet header. */
const framed: ReadonlySet<string> = new Set(['1', '772'])

/** Bytes in front of the IP header. */
export function l2BytesOf(device: string): number {
  try {
    const type = readFileSync(`/sys/class/net/${device}/type`, 'utf8').trim()
    return framed.has(type) ? 14 : 0
  } catch {
    return 0 // gone meanwhile
  }
}

export interface AttachResult {
  /** Why packets on their way in do not meet XDP; undefined when they do, or need not. */
  readonly whyNotXdp: string | undefined
}

/** Puts our programs onto a device, in place of those of ours that are there. Throws when it cannot. */
export function attachInstance(pins: string, ifindex: number, instance: Instance): AttachResult {
  const { ingress, egress, xdp } = instance
  let whyNotXdp: string | undefined
  if (xdp) {
    whyNotXdp = attachIngress({ ifindex, pins }, { xdp, tc: ingress }).whyNotXdp
  } else {
    attachTc({ ifindex, pins, direction: 'ingress' }, ingress)
  }
  attachTc({ ifindex, pins, direction: 'egress' }, egress)
  return { whyNotXdp }
}

/** Takes our programs off a device, whether it is there or not. */
export function detachDevice(pins: string, ifindex: number): void {
  detachXdp({ ifindex, pins })
  for (const direction of ['ingress', 'egress'] as const) detachTc({ ifindex, pins, direction })
}

const hookNames: Readonly<Record<Attached['hook'], string>> = {
  tcx: 'tcx',
  clsact: 'tc',
  xdp: 'xdp',
}

/** What the kernel says is attached, compared with what should be: programs are known by their number. */
export function judgedBy(ifindex: number, instance: Instance | undefined): Judged {
  const attached = attachedOrGone(ifindex)
  if (!attached) return { ingressHook: '', egressHook: '', error: '' }
  const ours = numbersOf(instance)
  const errors: string[] = []
  const hookOf = (direction: 'ingress' | 'egress'): string => {
    const way = attached.filter((each) => each.direction === direction)
    const at = way.findIndex(({ programId }) => ours.has(programId))
    const found = way[at]
    if (!found) {
      errors.push(`nothing judges its ${direction}`)
      return ''
    }
    // What accepts a packet for good before ours has seen it makes ours none.
    const before = way.slice(0, at).find(({ hook }) => hook === found.hook)
    if (before) errors.push(`program ${before.programId} stands before ours in its ${direction}`)
    return hookNames[found.hook]
  }
  const ingressHook = hookOf('ingress')
  const egressHook = hookOf('egress')
  for (const { programId, direction } of leftovers(attached, ours)) {
    errors.push(`program ${programId} of an earlier agent judges its ${direction} as well`)
  }
  return { ingressHook, egressHook, error: errors.join('; ') }
}

/** Takes away what an agent before us attached and whose pins were lost: it would judge by its old policy for ever. */
export function detachLeftovers(ifindex: number, instance: Instance): void {
  for (const { linkId } of leftovers(attachedOrGone(ifindex) ?? [], numbersOf(instance))) {
    if (linkId === undefined) continue
    const link = BpfLink.byId(linkId)
    try {
      link.detach()
    } finally {
      link.close()
    }
  }
}

function attachedOrGone(ifindex: number): readonly Attached[] | undefined {
  try {
    return attachedTo(ifindex)
  } catch (error) {
    if (isRefusal(error, 'ENODEV', 'ENXIO')) return undefined
    throw error
  }
}

const numbersOf = (instance: Instance | undefined): ReadonlySet<number> =>
  new Set(
    [instance?.ingress, instance?.egress, instance?.xdp].flatMap((program) =>
      program ? [program.info.id] : [],
    ),
  )

/** Programs with the names of ours that are not ours. */
const leftovers = (attached: readonly Attached[], ours: ReadonlySet<number>): readonly Attached[] =>
  attached.filter(({ programId }) => !ours.has(programId) && ourNames.has(nameOf(programId)))

const ourNames: ReadonlySet<string> = new Set(['hf_ingress', 'hf_egress', 'hf_xdp'])

function nameOf(programId: number): string {
  try {
    const program = BpfProgram.byId(programId)
    program.close()
    return program.info.name
  } catch (error) {
    if (isRefusal(error, 'ENOENT')) return '' // gone meanwhile
    throw error
  }
}

/** Every device of this network namespace, by number. */
export function allDevices(): ReadonlyMap<number, string> {
  const found = new Map<number, string>()
  for (const name of readdirSync('/sys/class/net')) {
    const ifindex = ifindexOf(name)
    if (ifindex !== undefined) found.set(ifindex, name)
  }
  return found
}

/** Numbers of the devices our pins hold on to, or held on to. */
export function pinnedDevices(pins: string): ReadonlySet<number> {
  const numbers = readdirSync(pins).flatMap((name) => {
    const match = /^(?:tcx|xdp)_(\d+)_(?:ingress|egress)$/.exec(name)
    return match ? [Number(match[1])] : []
  })
  return new Set(numbers)
}
