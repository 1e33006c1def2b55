import { invalid } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import type { FastifyInstance } from 'fastify'

/** What is needed of the log to find a time in it. */
export type TimeSource = Pick<EventLog, 'head' | 'read' | 'safe'>

/** Routes whose query takes `at` (`pastOne`, `pastMany`) answer as of then: `reading` sends it along. */
export function lookBack(app: FastifyInstance, log: TimeSource): void {
  app.decorateRequest('at', undefined)
  app.addHook('preHandler', async (request) => {
    const { at } = (request.query ?? {}) as { at?: unknown }
    if (typeof at === 'string') request.at = BigInt(await sequenceAt(log, at))
  })
}

/** With its offset: without one a time would mean what the zone of this process makes it. */
const rfc3339Time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i

/** Clocks of the writers differ by less than this many commits; see `sequenceAt`. */
const disorder = 64n

/**
 * `at=` of a read as a log sequence: a sequence, or a time as RFC 3339. Time T means the greatest sequence whose
 * running-maximum commit time is at most T. Times grow with the log but for small differences between the
 * writers' clocks, so a binary search finds the place and the commits before it are looked at one by one.
 *
 * Throws `invalid` for a text that is neither, a sequence beyond the log and a time before its first commit.
 */
export async function sequenceAt(log: TimeSource, at: string | undefined): Promise<number> {
  if (at === undefined) return 0
  const end = await log.head()
  const safe = log.safe.current()
  // While nothing is vouched for, what there is can still be read.
  const head = safe > 0n && safe < end ? safe : end
  if (/^[1-9][0-9]{0,15}$/.test(at)) {
    if (BigInt(at) > head) throw refused(`the log ends at ${head}`)
    return Number(at)
  }
  const unixMs = Date.parse(at)
  if (!rfc3339Time.test(at) || Number.isNaN(unixMs)) {
    throw refused('must be a log sequence, or a time like 2026-11-20T09:30:00Z')
  }
  const timeAt = async (sequence: bigint): Promise<number> =>
    (await log.read(sequence))?.timeUnixMs ?? 0
  let low = 0n // its time is at most T
  let high = head + 1n // its time is beyond T, or it does not exist
  while (high - low > 1n) {
    const middle = (low + high) / 2n
    if ((await timeAt(middle)) <= unixMs) low = middle
    else high = middle
  }
  // The first commit beyond T ends the prefix, even if commits after it bear earlier times.
  let last = low
  const from = low > disorder ? low - disorder : 1n
  const near = Array.from({ length: Number(low - from) + 1 }, (_, i) => from + BigInt(i))
  const times = await Promise.all(near.map(timeAt))
  const beyond = times.findIndex((time) => time > unixMs)
  if (beyond >= 0) last = from + BigInt(beyond) - 1n
  if (last === 0n) throw refused('lies before the first commit of the log')
  return Number(last)
}

const refused = (detail: string) => invalid({ field: 'at', code: 'out_of_range', detail })
