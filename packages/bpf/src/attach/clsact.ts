/** The way to attach a classifier before TCX: a filter at the clsact qdisc. It needs no pin, the device holds it. */
import { isRefusal } from '../errors.ts'
import { attribute, attributesIn, flag, netlink, netlinkRoute, text } from '../netlink.ts'
import type { BpfProgram } from '../program.ts'
import type { Direction } from './tcx.ts'

const message = { newQdisc: 36, deleteQdisc: 37, newFilter: 44, deleteFilter: 45, getFilter: 46 }
const clsact = 0xffff_fff1
const parents: Readonly<Record<Direction, number>> = { ingress: 0xffff_fff2, egress: 0xffff_fff3 }

// First of all filters, under a number that is ours: "hf".
const priority = 1
const handle = 0x6866
const name = 'holdfast'
const allProtocols = 0x0300 // ETH_P_ALL in network order

export interface ClsactFilter {
  /** `bpf` for a program; others have no number. */
  readonly kind: string
  readonly programId: number | undefined
  readonly priority: number
  readonly handle: number
  /** Whether it stands where ours does and bears our name. */
  readonly isOurs: boolean
}

function tcmsg(ifindex: number, parent: number, handle: number, info: number): Buffer {
  const bytes = Buffer.alloc(20)
  bytes.writeInt32LE(ifindex, 4)
  bytes.writeUInt32LE(handle, 8)
  bytes.writeUInt32LE(parent, 12)
  bytes.writeUInt32LE(info, 16)
  return bytes
}

const ours = (ifindex: number, direction: Direction): Buffer =>
  tcmsg(ifindex, parents[direction], handle, ((priority << 16) | allProtocols) >>> 0)

/**
 * Attaches, or puts the program in the place of the one we attached before: each packet meets the one or the other.
 * Ours passes with TC_ACT_UNSPEC (-1), so that filters behind it still run.
 */
export function attachClsact(ifindex: number, direction: Direction, program: BpfProgram): void {
  const what = `attach ${program.info.name} to device ${ifindex}, ${direction}`
  addQdisc(ifindex, what)
  const filters = queryClsact(ifindex, direction)
  const isForeign = filters.some(
    (one) => one.handle === handle && !one.isOurs && one.priority === priority,
  )
  const options = Buffer.concat([
    attribute(6 /* TCA_BPF_FD */, program.fd),
    attribute(7 /* TCA_BPF_NAME */, text(name)),
    attribute(8 /* TCA_BPF_FLAGS */, 1 /* TCA_BPF_FLAG_ACT_DIRECT */),
  ])
  netlink(netlinkRoute, what, {
    type: message.newFilter,
    // Somebody else's filter under our number is left alone: then this is refused with EEXIST.
    flags: flag.request | flag.ack | flag.create | (isForeign ? flag.exclusive : 0),
    body: Buffer.concat([
      ours(ifindex, direction),
      attribute(1 /* TCA_KIND */, text('bpf')),
      attribute(2 /* TCA_OPTIONS */, options),
    ]),
  })
}

/** Whether there was one of ours. Others' filters and the qdisc stay. */
export function detachClsact(ifindex: number, direction: Direction): boolean {
  if (!queryClsact(ifindex, direction).some(({ isOurs }) => isOurs)) return false
  netlink(netlinkRoute, `detach from device ${ifindex}, ${direction}`, {
    type: message.deleteFilter,
    flags: flag.request | flag.ack,
    body: Buffer.concat([ours(ifindex, direction), attribute(1, text('bpf'))]),
  })
  return true
}

/** Takes the qdisc away when no filter is left in it; whether it did. */
export function removeEmptyClsact(ifindex: number): boolean {
  const isUsed = (['ingress', 'egress'] as const).some(
    (direction) => queryClsact(ifindex, direction).length > 0,
  )
  if (isUsed) return false
  try {
    netlink(netlinkRoute, `remove clsact from device ${ifindex}`, {
      type: message.deleteQdisc,
      flags: flag.request | flag.ack,
      body: Buffer.concat([tcmsg(ifindex, clsact, 0xffff_0000, 0), attribute(1, text('clsact'))]),
    })
    return true
  } catch (error) {
    // There was none.
    if (isRefusal(error, 'ENOENT', 'EINVAL')) return false
    throw error
  }
}

/** All filters of a direction, first to run first. Empty without clsact; refused with ENODEV without the device. */
export function queryClsact(ifindex: number, direction: Direction): readonly ClsactFilter[] {
  const parent = parents[direction]
  let answers: readonly Buffer[]
  try {
    answers = netlink(netlinkRoute, `read the filters of device ${ifindex}, ${direction}`, {
      type: message.getFilter,
      flags: flag.request | flag.dump,
      body: tcmsg(ifindex, parent, 0, 0),
    })
  } catch (error) {
    // Without a qdisc the parent is unknown.
    if (isRefusal(error, 'ENOENT', 'EINVAL')) return []
    throw error
  }
  return answers.flatMap((answer) => {
    const number = answer.readUInt32LE(8)
    const attributes = attributesIn(answer.subarray(20))
    const options = attributesIn(attributes.get(2) ?? Buffer.alloc(0))
    // A dump begins with the chain's own entry, which is no filter.
    if (number === 0 || answer.readInt32LE(4) !== ifindex) return []
    const kind = textIn(attributes.get(1))
    const prio = answer.readUInt32LE(16) >>> 16
    return [
      {
        kind,
        programId: options.get(11 /* TCA_BPF_ID */)?.readUInt32LE(),
        priority: prio,
        handle: number,
        isOurs:
          kind === 'bpf' &&
          prio === priority &&
          number === handle &&
          textIn(options.get(7)) === name,
      },
    ]
  })
}

const textIn = (bytes: Buffer | undefined): string =>
  bytes?.toString('latin1').replace(/\0.*$/s, '') ?? ''

function addQdisc(ifindex: number, what: string): void {
  try {
    netlink(netlinkRoute, what, {
      type: message.newQdisc,
      flags: flag.request | flag.ack | flag.create | flag.exclusive,
      body: Buffer.concat([tcmsg(ifindex, clsact, 0xffff_0000, 0), attribute(1, text('clsact'))]),
    })
  } catch (error) {
    if (!isRefusal(error, 'EEXIST')) throw error
  }
}
