const hourMs = 3_600_000
export const dayMs = 24 * hourMs

/** A part of the table: flows last seen from `from` on, before `to`; ms since 1970. */
export interface Span {
  readonly from: number
  readonly to: number
}

export interface Partition extends Span {
  readonly name: string
  /** With its indexes. */
  readonly bytes: number
}

/** Lengths a new partition may have, in hours; each starts at a multiple of its length, in UTC. */
const lengths = [24, 6, 1] as const

/**
 * How long the next partitions are: a day. Where a day would hold more than an eighth of the bound it is shorter, for
 * what is dropped goes by partitions.
 */
export function lengthFor(partitions: readonly Partition[], maxBytes: number, now: number): number {
  const recent = partitions.filter(({ from, to }) => to > now - dayMs && from <= now)
  const bytes = recent.reduce((sum, one) => sum + one.bytes, 0)
  const since = Math.min(now, ...recent.map(({ from }) => from))
  const anHour = bytes / Math.max(1, (now - since) / hourMs)
  const fits = lengths.find((hours) => anHour * hours <= maxBytes / 8)
  return (fits ?? 1) * hourMs
}

/** What has to be made so that every moment of `span` has its partition. Neighbours never overlap. */
export function missing(
  partitions: readonly Span[],
  span: Span,
  lengthMs: number,
): readonly Span[] {
  const wanted: Span[] = []
  let at = span.from
  while (at < span.to) {
    const present = partitions.find(({ from, to }) => from <= at && at < to)
    if (present) {
      at = present.to
      continue
    }
    const start = Math.floor(at / lengthMs) * lengthMs
    const before = partitions.filter(({ to }) => to <= at).map(({ to }) => to)
    const after = partitions.filter(({ from }) => from > at).map(({ from }) => from)
    const from = Math.max(start, ...before, wanted.at(-1)?.to ?? 0)
    const to = Math.min(start + lengthMs, ...after)
    wanted.push({ from, to })
    at = to
  }
  return wanted
}

export interface Limits {
  readonly retentionMs: number
  readonly maxBytes: number
}

/** What goes: what is too old, then the oldest until the rest fits. The one of now stays, whatever its size. */
export function superfluous(
  partitions: readonly Partition[],
  { retentionMs, maxBytes }: Limits,
  now: number,
): readonly Partition[] {
  const past = partitions.filter(({ to }) => to <= now).sort((a, b) => a.from - b.from)
  let bytes = partitions.reduce((sum, one) => sum + one.bytes, 0)
  return past.filter((one) => {
    const goes = one.to <= now - retentionMs || bytes > maxBytes
    if (goes) bytes -= one.bytes
    return goes
  })
}

/** `connection_logs_20261121`, with the hour for those that are shorter than a day. */
export function partitionName({ from, to }: Span): string {
  const [date = '', time = ''] = new Date(from).toISOString().split('T')
  const day = `connection_logs_${date.replaceAll('-', '')}`
  return to - from === dayMs ? day : `${day}_${time.slice(0, 2)}`
}
