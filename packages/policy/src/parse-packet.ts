import { maxExtensionHeaders, type ParsedPacket } from './intermediate.ts'
import { showsPorts, tcp } from './protocol-numbers.ts'

/**
 * The reference parser. README.md says the rules in words, step by step; bpf/ follows the same steps. Nothing is
 * read that was not checked to be there, and what cannot be read to the end is unparsable.
 */

export const unparsableReasons = [
  'link-truncated',
  'vlan-depth',
  'version',
  'ip-truncated',
  'header-length',
  'total-length',
  'payload-length',
  'extension-truncated',
  'extension-depth',
  'fragment-of-extension',
  'ports-truncated',
] as const
export type UnparsableReason = (typeof unparsableReasons)[number]

export interface PacketOrigin {
  readonly linkLayer: 'ethernet' | 'ip'
  /** Of a packet without link layer, as the kernel says it; without it the version decides. */
  readonly etherType?: number
}

type Step = ParsedPacket | { readonly kind: 'at'; readonly offset: number; readonly type: number }

const other: ParsedPacket = { kind: 'other' }
const unparsable = (reason: UnparsableReason): ParsedPacket => ({ kind: 'unparsable', reason })

export const etherTypes = { ipv4: 0x0800, ipv6: 0x86dd } as const
const isVlan = (type: number): boolean => type === 0x8100 || type === 0x88a8

/** Any bytes whatsoever; never throws. */
export function parsePacket(bytes: Uint8Array, origin: PacketOrigin): ParsedPacket {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const step = origin.linkLayer === 'ethernet' ? ethernet(view) : bare(view, origin.etherType)
  if (step.kind !== 'at') return step
  if (step.type === etherTypes.ipv4) return ipv4(view, step.offset)
  if (step.type === etherTypes.ipv6) return ipv6(view, step.offset)
  return other
}

function ethernet(view: DataView): Step {
  if (view.byteLength < 14) return unparsable('link-truncated')
  let type = view.getUint16(12)
  let offset = 14
  for (let tags = 0; isVlan(type); tags++) {
    if (tags === 2) return unparsable('vlan-depth')
    if (view.byteLength < offset + 4) return unparsable('link-truncated')
    type = view.getUint16(offset + 2)
    offset += 4
  }
  return { kind: 'at', offset, type }
}

function bare(view: DataView, etherType: number | undefined): Step {
  if (etherType !== undefined) return { kind: 'at', offset: 0, type: etherType }
  if (view.byteLength === 0) return unparsable('version')
  const version = view.getUint8(0) >> 4
  if (version === 4) return { kind: 'at', offset: 0, type: etherTypes.ipv4 }
  if (version === 6) return { kind: 'at', offset: 0, type: etherTypes.ipv6 }
  return unparsable('version')
}

function ipv4(view: DataView, start: number): ParsedPacket {
  const available = view.byteLength - start
  if (available < 20) return unparsable('ip-truncated')
  const first = view.getUint8(start)
  if (first >> 4 !== 4) return unparsable('version')
  const headerLength = (first & 15) * 4
  if (headerLength < 20) return unparsable('header-length')
  const totalLength = view.getUint16(start + 2)
  if (totalLength < headerLength || totalLength > available) return unparsable('total-length')
  const fragment = view.getUint16(start + 6)
  return transport(view, {
    family: 4,
    source: BigInt(view.getUint32(start + 12)),
    destination: BigInt(view.getUint32(start + 16)),
    protocol: view.getUint8(start + 9),
    isFragment: (fragment & 0x3fff) !== 0,
    isLaterFragment: (fragment & 0x1fff) !== 0,
    bytes: totalLength,
    offset: start + headerLength,
    end: start + totalLength,
  })
}

function ipv6(view: DataView, start: number): ParsedPacket {
  const available = view.byteLength - start
  if (available < 40) return unparsable('ip-truncated')
  if (view.getUint8(start) >> 4 !== 6) return unparsable('version')
  const bytes = 40 + view.getUint16(start + 4)
  if (bytes > available) return unparsable('payload-length')
  const end = start + bytes
  const chain = walk(view, view.getUint8(start + 6), start + 40, end)
  if (chain.kind !== 'chain') return chain
  return transport(view, {
    family: 6,
    source: address(view, start + 8),
    destination: address(view, start + 24),
    protocol: chain.protocol,
    isFragment: chain.isFragment,
    isLaterFragment: chain.isLaterFragment,
    bytes,
    offset: chain.offset,
    end,
  })
}

const address = (view: DataView, offset: number): bigint =>
  (view.getBigUint64(offset) << 64n) | view.getBigUint64(offset + 8)

interface Chain {
  readonly kind: 'chain'
  readonly protocol: number
  readonly offset: number
  readonly isFragment: boolean
  readonly isLaterFragment: boolean
}

/** Hop-by-hop, routing, fragment, AH, destination options. */
const isExtension = (header: number): boolean =>
  header === 0 || header === 43 || header === 44 || header === 51 || header === 60

function walk(view: DataView, first: number, start: number, end: number): Chain | ParsedPacket {
  let header = first
  let offset = start
  let isFragment = false
  for (let walked = 0; isExtension(header); walked++) {
    if (walked === maxExtensionHeaders) return unparsable('extension-depth')
    if (offset + 8 > end) return unparsable('extension-truncated')
    const next = view.getUint8(offset)
    if (header === 44) {
      const field = view.getUint16(offset + 2)
      if ((field & 0xfff9) !== 0) isFragment = true
      offset += 8
      if (field >> 3 !== 0) {
        if (isExtension(next)) return unparsable('fragment-of-extension')
        return { kind: 'chain', protocol: next, offset, isFragment, isLaterFragment: true }
      }
    } else {
      const length = view.getUint8(offset + 1)
      offset += header === 51 ? (length + 2) * 4 : (length + 1) * 8
      if (offset > end) return unparsable('extension-truncated')
    }
    header = next
  }
  return { kind: 'chain', protocol: header, offset, isFragment, isLaterFragment: false }
}

interface Headers {
  readonly family: 4 | 6
  readonly source: bigint
  readonly destination: bigint
  readonly protocol: number
  readonly isFragment: boolean
  readonly isLaterFragment: boolean
  readonly bytes: number
  readonly offset: number
  readonly end: number
}

function transport(view: DataView, headers: Headers): ParsedPacket {
  const { offset, end, ...ip } = headers
  const hasPorts = showsPorts(ip.protocol) && !ip.isLaterFragment
  if (!hasPorts) return { kind: 'ip', ...ip, ports: undefined, tcpFlags: 0 }
  if (end - offset < (ip.protocol === tcp ? 20 : 8)) return unparsable('ports-truncated')
  return {
    kind: 'ip',
    ...ip,
    ports: { source: view.getUint16(offset), destination: view.getUint16(offset + 2) },
    tcpFlags: ip.protocol === tcp ? view.getUint8(offset + 13) : 0,
  }
}
