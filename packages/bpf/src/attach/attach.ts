/**
 * Programs on devices, so that they stay when we go. A link is pinned under a name made of the device and direction;
 * attaching again finds it there and exchanges the program in place. What others attached is never touched.
 *
 * A device is its ifindex in this thread's network namespace. When it vanishes, so does everything attached to it;
 * calls are then refused with ENODEV, and `sweepPins` removes the pins that hold on to nothing.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { deviceName } from '../devices.ts'
import { BpfRefused, isRefusal } from '../errors.ts'
import { unpin } from '../pin.ts'
import type { BpfProgram } from '../program.ts'
import { attachClsact, detachClsact, queryClsact, removeEmptyClsact } from './clsact.ts'
import { BpfLink } from './link.ts'
import { attachTcx, type Direction, hasTcx, queryTcx } from './tcx.ts'
import { attachXdp, queryXdp, type XdpMode } from './xdp.ts'

export type Hook = 'tcx' | 'clsact' | 'xdp'

export interface AttachTarget {
  readonly ifindex: number
  readonly direction: Direction
  /** A folder of a bpffs (bpffs.ts) that is ours alone. */
  readonly pins: string
}

const pinName = (hook: 'tcx' | 'xdp', ifindex: number, direction: Direction): string =>
  `${hook}_${ifindex}_${direction}`

/** Attaches a classifier, in place of the one this was called with before. Answers where. */
export function attachTc(target: AttachTarget, program: BpfProgram): Hook {
  const { ifindex, direction, pins } = target
  if (!hasTcx()) {
    attachClsact(ifindex, direction, program)
    return 'clsact'
  }
  const isAttached = (link: BpfLink): boolean => {
    const { id } = link.info()
    return queryTcx(ifindex, direction).some(({ linkId }) => linkId === id)
  }
  attachPinned(join(pins, pinName('tcx', ifindex, direction)), program, isAttached, () =>
    attachTcx(ifindex, direction, program),
  )
  return 'tcx'
}

export interface IngressPrograms {
  readonly xdp: BpfProgram
  /** For a device without native XDP, or with somebody else's program in that place. */
  readonly tc: BpfProgram
}

export interface IngressHook {
  readonly hook: Hook
  /** Why it is not XDP; undefined when it is. */
  readonly whyNotXdp?: string
}

/** Attaches at the earliest place the device has for incoming packets, and nowhere else. */
export function attachIngress(
  target: Omit<AttachTarget, 'direction'>,
  programs: IngressPrograms,
  mode: XdpMode = 'native',
): IngressHook {
  const { ifindex, pins } = target
  const path = join(pins, pinName('xdp', ifindex, 'ingress'))
  const tc = { ...target, direction: 'ingress' as const }
  try {
    attachPinned(
      path,
      programs.xdp,
      (link) => {
        const { programId, ifindex: at } = link.info()
        return at === ifindex && queryXdp(ifindex)?.programId === programId
      },
      () => attachXdp(ifindex, programs.xdp, mode),
    )
  } catch (error) {
    if (!BpfRefused.is(error) || isRefusal(error, 'ENODEV')) throw error
    const hook = attachTc(tc, programs.tc)
    removeLink(path)
    return { hook, whyNotXdp: xdpReason(error.details['errno'] ?? '', error.message) }
  }
  detachTc(tc)
  return { hook: 'xdp' }
}

function xdpReason(errno: string, message: string): string {
  switch (errno) {
    case 'EOPNOTSUPP':
      return 'the driver has no native XDP'
    case 'EBUSY':
    case 'EEXIST':
      return 'another XDP program is attached'
    default:
      return message
  }
}

/** Takes a classifier of ours away; whether there was one. */
export function detachTc({ ifindex, direction, pins }: AttachTarget): boolean {
  const hadLink = removeLink(join(pins, pinName('tcx', ifindex, direction)))
  const hadFilter = ifGone(() => detachClsact(ifindex, direction), false)
  if (hadFilter) ifGone(() => removeEmptyClsact(ifindex), false)
  return hadLink || hadFilter
}

/** Takes an XDP program of ours away; whether there was one. */
export const detachXdp = ({ ifindex, pins }: Omit<AttachTarget, 'direction'>): boolean =>
  removeLink(join(pins, pinName('xdp', ifindex, 'ingress')))

/** One program at a device, whoever attached it. */
export interface Attached {
  readonly hook: Hook
  readonly direction: Direction
  readonly programId: number
  /** Undefined where the kernel tells of none. */
  readonly linkId?: number
}

/**
 * What is attached to a device now, by what the kernel says: in the order packets meet it. This, and not what was
 * once attached, is what a proof of enforcement starts from. Refused with ENODEV when the device is gone.
 */
export function attachedTo(ifindex: number): readonly Attached[] {
  if (deviceName(ifindex) === undefined) {
    throw BpfRefused({
      what: `read what is attached to device ${ifindex}`,
      errno: 'ENODEV',
      reason: 'there is no such device',
    })
  }
  const xdp = queryXdp(ifindex)
  const classifiers = (['ingress', 'egress'] as const).flatMap((direction): Attached[] => [
    ...(hasTcx()
      ? queryTcx(ifindex, direction).map(({ programId, linkId }) => ({
          hook: 'tcx' as const,
          direction,
          programId,
          ...(linkId === 0 ? {} : { linkId }),
        }))
      : []),
    ...queryClsact(ifindex, direction).flatMap(({ programId }) =>
      programId === undefined ? [] : [{ hook: 'clsact' as const, direction, programId }],
    ),
  ])
  return xdp
    ? [{ hook: 'xdp', direction: 'ingress', programId: xdp.programId }, ...classifiers]
    : classifiers
}

/** Removes pins of links that hold on to nothing; answers their names. Others' files are not expected there. */
export function sweepPins(pins: string): readonly string[] {
  return readdirSync(pins)
    .filter((name) => /^(tcx|xdp)_\d+_(ingress|egress)$/.test(name))
    .filter((name) => {
      const path = join(pins, name)
      const link = pinnedLink(path)
      if (!link) return false
      try {
        if (link.info().ifindex !== 0) return false
      } finally {
        link.close()
      }
      return unpin(path)
    })
}

function attachPinned(
  path: string,
  program: BpfProgram,
  isAttached: (link: BpfLink) => boolean,
  attach: () => BpfLink,
): void {
  const current = pinnedLink(path)
  try {
    if (current && isAttached(current)) {
      current.update(program)
      return
    }
  } finally {
    current?.close()
  }
  // A link somebody detached, or of a device that had the number before, must not stand in the way of the new one.
  removeLink(path)
  const link = attach()
  try {
    link.pin(path)
  } finally {
    link.close()
  }
}

function pinnedLink(path: string): BpfLink | undefined {
  try {
    return BpfLink.pinned(path)
  } catch (error) {
    if (isRefusal(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Lets go and forgets the name; whether there was such a link. */
function removeLink(path: string): boolean {
  const link = pinnedLink(path)
  if (!link) return false
  try {
    link.detach()
  } catch (error) {
    // It holds on to nothing as it is.
    if (!isRefusal(error, 'ENOLINK', 'ENODEV')) throw error
  } finally {
    link.close()
  }
  return unpin(path)
}

function ifGone<T>(call: () => T, otherwise: T): T {
  try {
    return call()
  } catch (error) {
    if (isRefusal(error, 'ENODEV', 'ENXIO')) return otherwise
    throw error
  }
}
