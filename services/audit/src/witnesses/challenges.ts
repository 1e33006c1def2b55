import { consistencyProof, type Rotation, type TileReader } from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'

/** What a node is to cosign. */
export interface Wanted {
  readonly size: bigint
  readonly note: string
}

/**
 * Makes challenges for one checkpoint. Nodes mostly stand at the same place, so a proof is made once for all of them.
 */
export function challenges(options: {
  readonly wanted: Wanted
  readonly tiles: TileReader
  readonly rotations: readonly Rotation[]
  /** The first key of the log. */
  readonly firstKey: string
}): (fromSize: bigint) => Promise<Uint8Array> {
  const { wanted, tiles, rotations, firstKey } = options
  const made = new Map<bigint, Promise<Uint8Array>>()
  return (fromSize) => {
    const known = made.get(fromSize)
    if (known) return known
    const proof = consistencyProof({ fromSize, toSize: wanted.size, tiles }).then((path) =>
      holdfast.agent.v1.WitnessChallenge.encode({
        note: wanted.note,
        fromSize: Number(fromSize),
        path: [...path],
        rotations: rotations.map(({ statement, signature }) => ({ statement, signature })),
        logVerifierKey: firstKey,
      }).finish(),
    )
    made.set(fromSize, proof)
    return proof
  }
}
