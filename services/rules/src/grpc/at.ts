import { invalid } from '@holdfast/errors'
import type { Edge } from './edge.ts'

/** A sequence of the past, once the read models include it; undefined for now. Throws `invalid` for the future. */
export async function requirePast(
  { log, catchUp, catchUpToHead }: Pick<Edge, 'log' | 'catchUp' | 'catchUpToHead'>,
  sequence: number,
  field = 'at',
): Promise<bigint | undefined> {
  if (sequence === 0) return undefined
  const at = BigInt(sequence)
  if (at > log.seen()) {
    const head = await log.head()
    if (at > head) {
      const detail = `nothing has happened at ${at} yet: the log ends at ${head}`
      throw invalid({ field, code: 'in_the_future', detail })
    }
    await catchUpToHead()
  }
  await catchUp()
  return at
}
