import { expect, test } from 'vitest'
import { rawLeafHash } from './hash.ts'
import { leftEdge } from './left-edge.ts'
import { consistencyProof } from './proof.ts'
import { MemoryTiles, TileBuilder } from './tiles.ts'

test('the left edge of every smaller tree stands in its consistency proof', async () => {
  const tiles = new MemoryTiles()
  const builder = TileBuilder.empty()
  const heads = [builder.head()]
  for (let at = 0; at < 70; at++) {
    tiles.write(builder.append(rawLeafHash(Buffer.of(at))))
    heads.push(builder.head())
  }
  tiles.write(builder.partial())
  for (const [to, { size: toSize }] of heads.entries()) {
    for (const head of heads.slice(0, to)) {
      const fromSize = head.size
      const path = await consistencyProof({ fromSize, toSize, tiles: tiles.read })
      const of = { fromSize, toSize, fromRoot: head.root(), path }
      expect(leftEdge(of)).toEqual(head.state().hashes)
      if (path.length > 0 && (fromSize & (fromSize - 1n)) !== 0n) {
        expect(() => leftEdge({ ...of, path: path.slice(1) })).toThrow('does not lead')
      }
    }
  }
})
