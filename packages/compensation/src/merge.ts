import { isRecord, isSame } from './facts.ts'

/** A field that was changed by the commit and again since. */
export interface Conflict {
  readonly path: readonly string[]
  /** What it was before the commit, what the commit made it, and what it is now. */
  readonly before: unknown
  readonly made: unknown
  readonly now: unknown
}

export interface Merged {
  /** Of use only without conflicts. */
  readonly value: unknown
  readonly conflicts: readonly Conflict[]
}

/**
 * Takes one change back and keeps what came later: what the change left alone stays as it is now, what it changed and
 * nobody since goes back, and what was changed by both is a conflict, unless it has gone back already. Records are merged
 * key by key, lists and everything else as one value.
 */
export function takeBack(before: unknown, made: unknown, now: unknown): Merged {
  const conflicts: Conflict[] = []
  const value = merge(before, made, now, [])
  return { value, conflicts }

  function merge(before: unknown, made: unknown, now: unknown, path: readonly string[]): unknown {
    if (isSame(before, made) || isSame(now, before)) return now
    if (isSame(now, made)) return before
    if (isRecord(now)) {
      if (isRecord(before) && isRecord(made)) {
        const merged: Record<string, unknown> = {}
        for (const key of new Set([before, made, now].flatMap((one) => Object.keys(one)))) {
          const inner = merge(before[key], made[key], now[key], [...path, key])
          if (inner !== undefined) merged[key] = inner
        }
        return merged
      }
      // It was created, or deleted, as a whole: named is what makes it another one now.
      const other = isRecord(made) ? made : before
      const differs = isRecord(other) && (made === undefined || before === undefined)
      if (differs) {
        for (const { path: inner } of differences(other, now)) {
          const place = [...path, ...inner]
          conflicts.push({
            path: place,
            before: valueIn(before, inner),
            made: valueIn(made, inner),
            now: valueIn(now, inner),
          })
        }
        return now
      }
    }
    conflicts.push({ path, before, made, now })
    return now
  }
}

/** The value at a path; undefined where there is none. */
export function valueIn(value: unknown, path: readonly string[]): unknown {
  let found = value
  for (const key of path) {
    if (!isRecord(found) || !Object.hasOwn(found, key)) return undefined
    found = found[key]
  }
  return found
}

export interface Difference {
  readonly path: readonly string[]
  /** Undefined: absent. */
  readonly before: unknown
  readonly after: unknown
}

/** Where two records differ: as deep as both have records, in the order of the keys. */
export function differences(before: unknown, after: unknown): Difference[] {
  const found: Difference[] = []
  const compare = (one: unknown, other: unknown, path: readonly string[]): void => {
    if (isSame(one, other)) return
    if (!isRecord(one) || !isRecord(other)) {
      found.push({ path, before: one, after: other })
      return
    }
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
      compare(one[key], other[key], [...path, key])
    }
  }
  compare(before, after, [])
  return found
}
