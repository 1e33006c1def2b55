import { FormatError } from './format-error.ts'
import { consistencySides, equalBytes } from './proof.ts'
import { TreeHead } from './tree-head.ts'

/**
 * The full subtrees of the tree of `fromSize`, largest first: what a bundle that begins behind it starts from. They are
 * all in the consistency proof to any larger size (RFC 9162, 2.1.4), so nobody needs to ask for them. Throws
 * FormatError when the proof does not lead to `fromRoot`.
 */
export function leftEdge(of: {
  readonly fromSize: bigint
  readonly toSize: bigint
  readonly fromRoot: Uint8Array
  readonly path: readonly Uint8Array[]
}): readonly Uint8Array[] {
  const { fromSize, toSize, fromRoot, path } = of
  if (fromSize === 0n) return []
  const hashes = (fromSize & (fromSize - 1n)) === 0n ? [fromRoot] : edge(fromSize, toSize, path)
  try {
    if (equalBytes(TreeHead.restore({ size: fromSize, hashes }).root(), fromRoot)) return hashes
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
  }
  throw new FormatError('proof', 'does not lead to the root of the smaller tree')
}

/** What joins from the left on the way up belongs to the smaller tree. */
function edge(
  fromSize: bigint,
  toSize: bigint,
  [first, ...rest]: readonly Uint8Array[],
): readonly Uint8Array[] {
  const sides = consistencySides(fromSize, toSize, rest.length) ?? []
  const left = rest.filter((_, step) => sides[step] === 'left')
  return [...(first ? [first] : []), ...left].reverse()
}
