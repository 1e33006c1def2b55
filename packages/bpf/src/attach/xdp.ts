/** XDP: one program a device, before the kernel makes a packet of a frame. */
import { deviceName } from '../devices.ts'
import { BpfRefused } from '../errors.ts'
import { attribute, attributesIn, flag, genericNetlink, netlink, netlinkRoute } from '../netlink.ts'
import type { BpfProgram } from '../program.ts'
import { Attributes, answered, bpf } from '../syscall.ts'
import { attachTypes, command } from '../uapi.ts'
import { BpfLink } from './link.ts'

/** `native` runs in the driver; `generic` on any device, at the cost of TC and without its sight of egress. */
export type XdpMode = 'native' | 'generic'
const modeFlags: Readonly<Record<XdpMode, number>> = { generic: 1 << 1, native: 1 << 2 }

/** Refused with EBUSY or EEXIST where another program is, with EOPNOTSUPP where the driver knows no XDP. */
export function attachXdp(ifindex: number, program: BpfProgram, mode: XdpMode): BpfLink {
  const what = `attach ${program.info.name} to device ${ifindex}, ${mode} XDP`
  // The kernel itself does not tell this from other things it does not like.
  if (deviceName(ifindex) === undefined) {
    throw BpfRefused({ what, errno: 'ENODEV', reason: 'there is no such device' })
  }
  const attributes = new Attributes(32)
    .u32(0, program.fd)
    .u32(4, ifindex)
    .u32(8, attachTypes.xdp)
    .u32(12, modeFlags[mode])
  return new BpfLink(answered(what, bpf(command.linkCreate, attributes)))
}

export interface XdpState {
  readonly programId: number
  readonly mode: XdpMode | 'offloaded' | 'several'
}

const modes: Readonly<Record<number, XdpState['mode']>> = {
  1: 'native',
  2: 'generic',
  3: 'offloaded',
  4: 'several',
}

/** Undefined when nothing is attached. Refused with ENODEV when the device is gone. */
export function queryXdp(ifindex: number): XdpState | undefined {
  const body = Buffer.alloc(16)
  body.writeInt32LE(ifindex, 4)
  const [answer] = netlink(netlinkRoute, `read about device ${ifindex}`, {
    type: 18 /* RTM_GETLINK */,
    flags: flag.request | flag.ack,
    body,
  })
  if (!answer) return undefined
  const xdp = attributesIn(
    attributesIn(answer.subarray(16)).get(43 /* IFLA_XDP */) ?? body.subarray(0, 0),
  )
  const mode = modes[xdp.get(2 /* IFLA_XDP_ATTACHED */)?.readUInt8() ?? 0]
  const programId = xdp.get(4 /* IFLA_XDP_PROG_ID */)?.readUInt32LE() ?? 0
  return mode === undefined ? undefined : { programId, mode }
}

/** Whether the driver takes native XDP; undefined when this kernel does not tell (before 6.3). */
export function driverHasXdp(ifindex: number): boolean | undefined {
  // NETDEV_CMD_DEV_GET; attribute 1 is the device, 3 what its driver does, bit 0 of that the basics.
  const answers = genericNetlink(
    'netdev',
    `ask the driver of device ${ifindex}`,
    1,
    attribute(1, ifindex),
  )
  const features = answers?.[0] && attributesIn(answers[0]).get(3)
  return features ? (features.readBigUInt64LE() & 1n) === 1n : undefined
}
