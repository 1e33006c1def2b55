import type {
  DevicePolicy,
  Line,
  LineRate,
  Policy,
  PortRange,
  Prefix,
  View,
} from '@holdfast/policy'
import {
  hfAct,
  hfHead,
  hfLimit,
  hfLine4,
  hfLine6,
  hfRank,
  hfRate,
  hfRule,
  hfTable,
  hfWhat,
} from '../gen/layout.ts'
import { buildBlob } from './build-blob.ts'
import { actionOfKernel, type Family } from './columns.ts'
import { BlobInvalid, PolicyTooLarge } from './errors.ts'
import { bucketKey, type Slots } from './slots.ts'

/** What the kernel holds, in words. */
export interface Decompiled {
  readonly policy: Policy
  /** As the blob says it; whoever wants proof hashes the policy. */
  readonly version: Uint8Array
  readonly generation: number
  readonly slots: Slots
}

/**
 * The policy a blob was built from, and the slots it uses. `bytes` may be longer than the blob, as maps are.
 *
 * This is proof: the lines that are read back are compiled again, and every byte of the blob, what packets are looked
 * up in included, must be what that gives. Throws `bpf.blob_invalid` otherwise.
 */
export function decompile(bytes: Uint8Array): Decompiled {
  try {
    const { used, ...decompiled } = read(bytes)
    const again = buildBlob(decompiled.policy, decompiled).bytes
    if (again.length === used && Buffer.compare(again, bytes.subarray(0, used)) === 0) {
      return decompiled
    }
    throw BlobInvalid({
      reason: `it is not what its ${countLines(decompiled.policy)} lines compile to`,
    })
  } catch (error) {
    // Bytes that were tampered with lead anywhere: behind the end, to texts that are no JSON or another one.
    const isAstray = [RangeError, SyntaxError, TypeError].some((kind) => error instanceof kind)
    if (isAstray || PolicyTooLarge.is(error)) {
      throw BlobInvalid({ reason: (error as Error).message }, error)
    }
    throw error
  }
}

const countLines = ({ views }: Policy): number =>
  views.reduce(
    (sum, { ingress4, egress4, ingress6, egress6 }) =>
      sum + ingress4.length + egress4.length + ingress6.length + egress6.length,
    0,
  )

interface Meta {
  readonly devices: readonly (DevicePolicy & { readonly slot: number })[]
  readonly views: readonly (readonly number[])[]
  readonly texts: readonly string[]
}

function read(bytes: Uint8Array): Decompiled & { used: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const u32 = (at: number): number => view.getUint32(at, true)
  if (u32(hfHead.atMagic) !== hfLimit.magic) throw BlobInvalid({ reason: 'it has no header' })
  const format = u32(hfHead.atFormat)
  if (format !== hfLimit.format) throw BlobInvalid({ reason: `it is of format ${format}` })
  const used = u32(hfHead.atUsed)
  if (used > bytes.length) throw BlobInvalid({ reason: 'it ends too early' })
  const metaAt = u32(hfHead.atMeta)
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + metaAt + 4, u32(metaAt)).toString()
  // Ours: a text nobody else wrote compiles to the same bytes again, or it is refused.
  const meta = JSON.parse(text) as Meta
  const counters = new Map<string, number>()
  const ruleOf = new Map<number, string>()
  const rulesAt = u32(hfHead.atRules)
  for (let i = 0, at = rulesAt + 8; i < u32(rulesAt); i++, at += hfRule.bytes) {
    const slot = u32(at + hfRule.atCounter)
    const name = u32(at + hfRule.atName)
    const key = name === 0 ? uuidAt(bytes, at) : textAt(meta, name - 1)
    counters.set(key, slot)
    ruleOf.set(slot, key)
  }
  const buckets = new Map<string, number>()
  const tablesAt = u32(hfHead.atTables)
  const lists = Array.from({ length: checked(u32(tablesAt), 256) }, (_, i) =>
    linesOf(view, u32(tablesAt + 4 + i * 4), { meta, ruleOf, buckets }),
  )
  const listOf = (number: number | undefined): readonly Line[] =>
    number === 0 ? [] : present(lists[(number ?? 0) - 1], 'list')
  return {
    policy: {
      devices: meta.devices.map(({ device, kind, interfaceId, view, firewall }) => ({
        device,
        kind,
        interfaceId,
        view,
        firewall,
      })),
      views: meta.views.map(
        ([ingress4, egress4, ingress6, egress6]): View => ({
          ingress4: listOf(ingress4),
          egress4: listOf(egress4),
          ingress6: listOf(ingress6),
          egress6: listOf(egress6),
        }),
      ),
    },
    version: bytes.slice(hfHead.atVersion, hfHead.atVersion + 32),
    generation: u32(hfHead.atGeneration),
    slots: {
      devices: new Map(meta.devices.map(({ device, slot }) => [device, slot])),
      counters,
      buckets,
    },
    used,
  }
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new RangeError(`it names a ${what} it does not have`)
  return value
}

function checked(count: number, most: number): number {
  if (count > most) throw new RangeError(`it names ${count} lists`)
  return count
}

const textAt = ({ texts }: Meta, index: number): string => present(texts[index], 'text')

function uuidAt(bytes: Uint8Array, at: number): string {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset + at, 16).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

interface Names {
  readonly meta: Meta
  readonly ruleOf: ReadonlyMap<number, string>
  /** Filled. */
  readonly buckets: Map<string, number>
}

function linesOf(view: DataView, table: number, names: Names): Line[] {
  const u32 = (at: number): number => view.getUint32(at, true)
  const family = u32(table + hfTable.atFamily) === 6 ? 6 : 4
  const count = u32(table + hfTable.atLineCount)
  const layout = family === 4 ? hfLine4 : hfLine6
  const start = u32(table + hfTable.atLines)
  const acts = u32(table + hfTable.atActs)
  if (start + count * layout.bytes > view.byteLength) throw new RangeError('a list ends too early')
  return Array.from({ length: count }, (_, i) =>
    lineAt(view, start + i * layout.bytes, acts + i * hfAct.bytes, family, names),
  )
}

function lineAt(
  view: DataView,
  at: number,
  act: number,
  family: Family,
  { meta, ruleOf, buckets }: Names,
): Line {
  const layout = family === 4 ? hfLine4 : hfLine6
  const what = view.getUint16(at + layout.atWhat, true)
  const flags = what >>> hfWhat.whatRank
  const protocol = what & hfWhat.whatProtocol
  const key = present(ruleOf.get(view.getUint32(act + hfAct.atCounter, true)), 'rule')
  const port = (i: number): number => view.getUint16(at + layout.atPorts + i * 2, true)
  const line: Line = {
    ruleId: key.startsWith('!') ? '' : key,
    implicit: key.startsWith('!') ? key.slice(1) : '',
    source: prefixAt(view, at + layout.atSrc, view.getUint8(at + layout.atSrcLength), family),
    destination: prefixAt(view, at + layout.atDst, view.getUint8(at + layout.atDstLength), family),
    protocol: protocol === 256 ? undefined : protocol,
    sourcePorts: what & hfWhat.whatSports ? range(port(0), port(1)) : undefined,
    destinationPorts: what & hfWhat.whatDports ? range(port(2), port(3)) : undefined,
    action: present(actionOfKernel[flags & hfRank.rankAction], 'action'),
    continues: (flags & hfRank.rankContinues) !== 0,
    logs: (flags & hfRank.rankLogs) !== 0,
    rate: undefined,
  }
  const rateAt = view.getUint32(act + hfAct.atRate, true)
  if (rateAt === 0) return line
  const rate: LineRate = {
    pps: view.getUint32(rateAt + hfRate.atPps, true),
    burst: view.getUint32(rateAt + hfRate.atBurst, true),
    bucket: textAt(meta, view.getUint32(rateAt + hfRate.atName, true)),
  }
  const limited = { ...line, rate }
  buckets.set(bucketKey(limited), view.getUint32(rateAt + hfRate.atBucket, true))
  return limited
}

const range = (from: number, to: number): PortRange => ({ from, to })

function prefixAt(view: DataView, at: number, length: number, family: Family): Prefix {
  if (family === 4) return { value: BigInt(view.getUint32(at, true)), length }
  let value = 0n
  for (let word = 0; word < 4; word++) {
    value = (value << 32n) | BigInt(view.getUint32(at + word * 4, true))
  }
  return { value, length }
}
