import type { Line } from './intermediate.ts'

/**
 * Lines of either list that are not part of a common order: a packet that meets none of them meets the same line
 * first in both. Lines are the same when they match the same packets and make the same of them; whose they are, and
 * whether they record, does not matter.
 */
export function commonLines(
  before: readonly Line[],
  after: readonly Line[],
): { readonly changed: readonly Line[] } {
  let from = 0
  while (from < before.length && from < after.length && isSame(before[from], after[from])) from++
  let tail = 0
  while (
    tail < before.length - from &&
    tail < after.length - from &&
    isSame(before[before.length - 1 - tail], after[after.length - 1 - tail])
  ) {
    tail++
  }
  const was = before.slice(from, before.length - tail)
  const is = after.slice(from, after.length - tail)
  if (was.length === 0 || is.length === 0) return { changed: [...was, ...is] }
  const places = onceIn(is)
  const pairs: { readonly at: number; readonly to: number }[] = []
  for (const [key, at] of onceIn(was)) {
    const to = places.get(key)
    if (to !== undefined) pairs.push({ at, to })
  }
  pairs.sort((a, b) => a.at - b.at)
  const kept = longestRise(pairs.map(({ to }) => to)).map((i) => pairs[i])
  const stays = new Set(kept.map((pair) => pair?.at))
  const staysAfter = new Set(kept.map((pair) => pair?.to))
  return {
    changed: [...was.filter((_, i) => !stays.has(i)), ...is.filter((_, i) => !staysAfter.has(i))],
  }
}

const isSame = (a: Line | undefined, b: Line | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && meaningOf(a) === meaningOf(b))

/** Lines are shared between policies and never change. */
const known = new WeakMap<Line, string>()

function meaningOf(line: Line): string {
  const before = known.get(line)
  if (before !== undefined) return before
  const { source, destination, protocol, sourcePorts, destinationPorts, action, rate } = line
  const bucket = rate && (['rule', 'source'].includes(rate.bucket) ? rate.bucket : 'peer')
  const meaning = [
    source.value,
    source.length,
    destination.value,
    destination.length,
    protocol,
    sourcePorts?.from,
    sourcePorts?.to,
    destinationPorts?.from,
    destinationPorts?.to,
    action === 'deny' ? 'drop' : rate ? `${rate.pps}/${rate.burst}/${bucket}` : 'pass',
  ].join(' ')
  known.set(line, meaning)
  return meaning
}

/** Where each line is that is there once only. */
function onceIn(lines: readonly Line[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>()
  const repeated = new Set<string>()
  for (const [i, line] of lines.entries()) {
    const key = meaningOf(line)
    if (places.has(key)) repeated.add(key)
    places.set(key, i)
  }
  for (const key of repeated) places.delete(key)
  return places
}

/** Places of the longest rising part of a list, by patience. */
function longestRise(values: readonly number[]): number[] {
  const tops: number[] = []
  const previous: number[] = []
  for (const [i, value] of values.entries()) {
    let low = 0
    let high = tops.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((values[tops[middle] ?? 0] ?? 0) < value) low = middle + 1
      else high = middle
    }
    previous[i] = low > 0 ? (tops[low - 1] ?? -1) : -1
    tops[low] = i
  }
  const rise: number[] = []
  for (let i = tops.at(-1) ?? -1; i >= 0; i = previous[i] ?? -1) rise.push(i)
  return rise.reverse()
}
