import { invalid } from '@holdfast/errors'
import type { Range } from '../queries/entry-search.ts'
import { type TrailName, trails } from './position.ts'

/** The last entry of a page. At one position the log comes before ACCESS, in either direction. */
export interface Place {
  readonly position: bigint
  readonly trail: TrailName
}

export const printPlace = ({ position, trail }: Place): string =>
  Buffer.from(`${position}.${trails.indexOf(trail)}`).toString('base64url')

/** Undefined for the empty text. Throws `invalid`. */
export function parsePlace(cursor: string): Place | undefined {
  if (cursor === '') return undefined
  const [, position = '', at = ''] =
    /^(\d{1,19})\.([01])$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  const trail = trails[Number(at)]
  if (position === '' || at === '' || !trail || BigInt(position) > 2n ** 63n - 1n) {
    throw invalid({
      field: 'cursor',
      code: 'cursor_invalid',
      detail: 'is not a cursor of this list: start again without one',
    })
  }
  return { position: BigInt(position), trail }
}

/** What is left of a range behind a place, in one trail. */
export function behind(
  range: Range,
  place: Place | undefined,
  trail: TrailName,
  isAscending: boolean,
): Range {
  if (!place) return range
  // Of the other trail the entry at this very position is still to come when the log's was the last.
  const isPast = !(place.trail === 'log' && trail === 'access')
  if (isAscending) {
    const from = isPast ? place.position + 1n : place.position
    return { from: from > range.from ? from : range.from, to: range.to }
  }
  const to = isPast ? place.position : place.position + 1n
  return { from: range.from, to: to < range.to ? to : range.to }
}

/** Merges what both trails have, at most `limit`. */
export function mergePlaces(
  ofLog: readonly bigint[],
  ofAccess: readonly bigint[],
  limit: number,
  isAscending: boolean,
): readonly Place[] {
  const sign = isAscending ? 1 : -1
  return [
    ...ofLog.map((position): Place => ({ position, trail: 'log' })),
    ...ofAccess.map((position): Place => ({ position, trail: 'access' })),
  ]
    .sort((a, b) =>
      a.position === b.position
        ? trails.indexOf(a.trail) - trails.indexOf(b.trail)
        : a.position < b.position
          ? -sign
          : sign,
    )
    .slice(0, limit)
}
