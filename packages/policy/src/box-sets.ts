import type { Box } from './space.ts'

/** A product of sets: some classes, and of each dimension some spans, as first, last, first, last …, ascending. */
export interface BoxSet {
  readonly classes: readonly number[]
  readonly sides: readonly (readonly number[])[]
}

/**
 * The same points in fewer sets: whatever differs in one respect only becomes one. Which of the possible ways to say
 * it comes out depends on the order of `boxes` alone. Costs a few sorts.
 */
export function mergeBoxes(boxes: readonly Box[], whole: readonly number[]): BoxSet[] {
  let sets = boxes.map(
    ({ class: c, sides }): BoxSet => ({
      classes: [c],
      sides: whole.map((last, d) =>
        // Classes without ports are about none of them, which is what all of them say.
        d * 2 < sides.length ? [sides[d * 2] ?? 0, sides[d * 2 + 1] ?? 0] : [0, last],
      ),
    }),
  )
  for (let before = -1; before !== sets.length; ) {
    before = sets.length
    for (const dimension of [1, 0, 3, 2, classes]) sets = mergeAlong(sets, dimension)
  }
  return sets
}

/** Instead of a dimension. */
const classes = -1

function mergeAlong(sets: readonly BoxSet[], dimension: number): BoxSet[] {
  if (sets.length < 2) return [...sets]
  const alike = new Map<string, BoxSet[]>()
  for (const set of sets) {
    const key = keyBut(set, dimension)
    const group = alike.get(key)
    if (group === undefined) alike.set(key, [set])
    else group.push(set)
  }
  return [...alike.values()].map((group) => {
    const [first] = group
    if (first === undefined || group.length === 1) return first ?? { classes: [], sides: [] }
    if (dimension === classes) {
      const all = new Set(group.flatMap((set) => set.classes))
      return { ...first, classes: [...all].sort((a, b) => a - b) }
    }
    const spans = union(group.map((set) => set.sides[dimension] ?? []))
    return { ...first, sides: first.sides.with(dimension, spans) }
  })
}

const keyBut = ({ classes: own, sides }: BoxSet, dimension: number): string =>
  `${dimension === classes ? '' : own.join()}|${sides.map((side, d) => (d === dimension ? '' : side.join())).join('|')}`

/** Spans that touch become one. */
function union(lists: readonly (readonly number[])[]): number[] {
  const spans: [number, number][] = []
  for (const list of lists) {
    for (let i = 0; i < list.length; i += 2) spans.push([list[i] ?? 0, list[i + 1] ?? 0])
  }
  spans.sort(([a], [b]) => a - b)
  const joined: number[] = []
  for (const [first, last] of spans) {
    const end = joined.at(-1)
    if (end !== undefined && first <= end + 1) {
      if (last > end) joined[joined.length - 1] = last
    } else joined.push(first, last)
  }
  return joined
}
