import { rm } from 'node:fs/promises'
import { formatCheckpoint, formatOrigin, signer, signNote, signRotation } from '@holdfast/merkle'
import { expect, test } from 'vitest'
import { lineageId, testInstance } from './testing/instance.ts'
import { judgeTrust } from './trust.ts'

test('a stranger’s key that hands over to the log’s own vouches for nothing', async () => {
  const { root, keyset, rootKey, by } = await testInstance({ commits: 3 })
  await rm(root, { recursive: true })
  const origin = formatOrigin({ lineageId, generation: 1 })
  const stranger = signer(origin, new Uint8Array(32).fill(7))
  const of = { size: 3n, root: new Uint8Array(32).fill(1), extensions: [] }
  const judged = (first: typeof by, isHandedOver: boolean) =>
    judgeTrust({
      ...{ lineageId, generation: 1, keyset, rootKey, signature: undefined },
      facts: {
        firstKey: first.key,
        publicKeys: isHandedOver ? [first.key.publicKey, by.key.publicKey] : [first.key.publicKey],
        rotations: isHandedOver ? [signRotation(first, by.key, 3n)] : [],
        last: 3n,
      },
      notes: [{ size: 3n, note: signNote(formatCheckpoint({ origin, ...of }), first) }],
    })
  expect(judged(by, false).signedUpTo).toBe(3n)
  expect(() => judged(stranger, true)).toThrow(/does not have the first key of this log/)
  expect(() => judged(stranger, false)).toThrow(/none of the keys this log was signed with/)
})
