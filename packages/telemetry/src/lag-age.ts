/** Beyond so many moments remembered every second one is given up: the age stays, its steps get coarser. */
const maxMoments = 512

/**
 * How long something has been behind, from positions alone. Each time it is asked it notes how far the other side had
 * come; the answer is the time, in seconds, since the oldest such position that is not reached yet was noted. So it is
 * 0 while what was seen at the last look has been reached, however busy the log is, and exact to the interval between
 * two looks: whoever scrapes every 15 s learns it to 15 s.
 */
export function lagAge(
  nowMs: () => number = () => performance.now(),
): (known: bigint, reached: bigint) => number {
  let moments: { readonly known: bigint; readonly atMs: number }[] = []
  return (known, reached) => {
    moments = moments.filter((moment) => moment.known > reached)
    const newest = moments.at(-1)?.known ?? reached
    if (known > newest) moments.push({ known, atMs: nowMs() })
    if (moments.length > maxMoments) moments = moments.filter((_moment, index) => index % 2 === 0)
    const oldest = moments[0]
    return oldest ? Math.max(0, nowMs() - oldest.atMs) / 1000 : 0
  }
}
