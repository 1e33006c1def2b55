import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTreeSuite, type TreeSuite, until } from './testing/tree-suite.ts'

let suite: TreeSuite
beforeAll(async () => {
  suite = await startTreeSuite({ isOwn: true })
})
afterAll(() => suite.close())

const root = async () => new Uint8Array((await suite.proofs.getCheckpoint()).checkpoint?.root ?? [])

test('after a power cut the tree goes on, and is that of the log', async () => {
  const growing = suite.grow(600)
  await until(() => suite.tree.status().size > 600n)
  await suite.pg.crash()
  await growing
  await suite.grow(5)
  const size = await suite.settled()
  expect(await root()).toEqual(await suite.rootOf(size))
  await suite.restart()
  await suite.grow(5)
  expect(await suite.settled()).toBe(size + 5n)
  expect(await root()).toEqual(await suite.rootOf(size + 5n))
})

test('a tree far behind catches up in large steps', async () => {
  const count = Number(process.env['HOLDFAST_TREE_COMMITS'] ?? 5_000)
  const begin = performance.now()
  await suite.restart(() => suite.pour(count))
  const stored = performance.now()
  const size = await suite.settled()
  const seconds = (performance.now() - stored) / 1000
  const rate = Math.round(count / seconds)
  process.stdout.write(
    `${count} commits stored in ${((stored - begin) / 1000).toFixed(1)} s, in the tree after ${seconds.toFixed(2)} s: ${rate} a second\n`,
  )
  expect(BigInt((await suite.proofs.getCheckpoint()).checkpoint?.size ?? 0)).toBe(size)
})
