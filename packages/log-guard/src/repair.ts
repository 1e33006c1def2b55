import { fillHoles, type HealContext, nothing } from './healer.ts'
import type { Facts, SequenceRange } from './judge.ts'

export type Trusted = 'archive' | 'log'

/**
 * Carries out a human's decision: from `firstBad` on the trusted copy is right, as far as it can be read
 * without a gap. The other one follows it, and what it held is kept aside. Says what was done.
 */
export async function overrule(
  context: HealContext,
  { stream: streamFacts, archive: archiveFacts }: Facts,
  { firstBad, trusted }: { readonly firstBad: bigint; readonly trusted: Trusted },
): Promise<string> {
  const { stream, archive, setAside } = context
  // Before the first bad commit the two never contradict each other, so each completes the other.
  await fillHoles(stream, archive, cutBefore(archiveFacts.holes, firstBad))

  if (trusted === 'log') {
    const end = readableEnd(streamFacts.holes, streamFacts.last, firstBad)
    await archive.replace(firstBad, end, stream.read(firstBad, end), {
      tail: 'drop',
      content: 'other',
    })
    if (streamFacts.holes.length === 0) return `the log was declared right from ${firstBad} on`
  } else {
    const end = readableEnd(archiveFacts.holes, archiveFacts.last, firstBad)
    if (end < archiveFacts.last) await archive.replace(end + 1n, end, nothing(), { tail: 'drop' })
  }
  const aside = await setAside('overruled', stream.read(firstBad, streamFacts.last))
  await stream.clear()
  const { sequence } = archive.last
  if (sequence > 0n) await stream.restore(0n, archive.read(1n, sequence))
  return `the ${trusted} was declared right from ${firstBad} on; what the log held from there is kept in ${aside}`
}

const cutBefore = (holes: readonly SequenceRange[], end: bigint): readonly SequenceRange[] =>
  holes
    .filter(({ first }) => first < end)
    .map(({ first, last }) => ({ first, last: last < end ? last : end - 1n }))

/** Where reading from `from` on ends; `from` − 1 when it cannot begin. */
function readableEnd(holes: readonly SequenceRange[], last: bigint, from: bigint): bigint {
  const hole = holes.find((range) => range.last >= from)
  if (!hole) return last < from - 1n ? from - 1n : last
  return hole.first > from ? hole.first - 1n : from - 1n
}
