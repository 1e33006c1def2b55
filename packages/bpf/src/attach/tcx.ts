/** TCX (kernel 6.6): programs in a row at a device, each by a link of its own, others' beside ours. */
import type { BpfProgram } from '../program.ts'
import { Attributes, answered, bpf } from '../syscall.ts'
import { attachTypes, command } from '../uapi.ts'
import { BpfLink } from './link.ts'

export type Direction = 'ingress' | 'egress'

const attachType = (direction: Direction): number =>
  direction === 'ingress' ? attachTypes.tcxIngress : attachTypes.tcxEgress

/** BPF_F_BEFORE without saying whom: before everybody. */
const beforeAll = 1 << 3

/**
 * Puts the program first in the row: one that accepts a packet for good ends the row, and a firewall behind it
 * would be none. Ours passes with TCX_NEXT (-1), so that everybody else's still run.
 */
export function attachTcx(ifindex: number, direction: Direction, program: BpfProgram): BpfLink {
  const attributes = new Attributes(32)
    .u32(0, program.fd)
    .u32(4, ifindex)
    .u32(8, attachType(direction))
    .u32(12, beforeAll)
  const what = `attach ${program.info.name} to device ${ifindex}, ${direction}`
  return new BpfLink(answered(what, bpf(command.linkCreate, attributes)))
}

export interface TcxEntry {
  readonly programId: number
  /** 0 for a program attached without a link. */
  readonly linkId: number
}

const maxEntries = 64

/** The row, first to run first. Refused with ENODEV when the device is gone, EINVAL before 6.6. */
export function queryTcx(ifindex: number, direction: Direction): readonly TcxEntry[] {
  const programs = Buffer.alloc(maxEntries * 4)
  const links = Buffer.alloc(maxEntries * 4)
  const attributes = new Attributes(64)
    .u32(0, ifindex)
    .u32(4, attachType(direction))
    .pointer(16, programs)
    .u32(24, maxEntries)
    .pointer(40, links)
  const what = `read what is attached to device ${ifindex}, ${direction}`
  answered(what, bpf(command.progQuery, attributes))
  return Array.from({ length: attributes.bytes.readUInt32LE(24) }, (_, index) => ({
    programId: programs.readUInt32LE(index * 4),
    linkId: links.readUInt32LE(index * 4),
  }))
}

let known: boolean | undefined

/** Whether this kernel has TCX; asked once, of the loopback device every namespace has as its first. */
export function hasTcx(): boolean {
  if (known !== undefined) return known
  const attributes = new Attributes(64).u32(0, 1).u32(4, attachTypes.tcxIngress)
  const result = bpf(command.progQuery, attributes)
  known = result >= 0 || result === -19 /* ENODEV */
  return known
}
