import { once } from 'node:events'
import { TileBuilder, TreeHead } from '@holdfast/merkle'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTreeSuite, type TreeSuite, until } from './testing/tree-suite.ts'
import { feedLeaves, leafOf } from './tree/leaf-feed.ts'
import { loadTree } from './tree/tree-position.ts'

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
  await suite.grow(2)
  await suite.settled()
  await suite.tree.stop()
  const count = Number(process.env['HOLDFAST_TREE_COMMITS'] ?? 20_000)
  const sample = await suite.log.read(2n)
  if (!sample) throw new Error('nothing to multiply')
  const done = new AbortController()
  const session = await suite.postgres.session()
  await session.script('truncate audit.tiles, audit.tree_position')
  const begin = performance.now()
  const cpu = process.cpuUsage()
  const expected = TreeHead.empty()
  let rows = 0
  await feedLeaves({
    // As the log delivers them: whole batches, the next one once this one was taken.
    log: {
      async subscribe(_, onBatch) {
        for (let at = 0; at < count; at += 2_000) {
          const size = Math.min(2_000, count - at)
          await onBatch(
            Array.from({ length: size }, (_none, i) => ({
              ...sample,
              sequence: BigInt(at + i + 1),
            })),
          )
        }
        await once(done.signal, 'abort')
      },
    },
    session,
    origin: suite.origin,
    builder: TileBuilder.empty(),
    lastLeaf: undefined,
    signal: done.signal,
    onCommits: () => undefined,
    onCaughtUp: () => undefined,
    onWritten: ({ size }) => {
      rows += 1
      if (size === BigInt(count)) done.abort()
      return Promise.resolve()
    },
  })
  const seconds = (performance.now() - begin) / 1000
  const rate = Math.round(count / seconds)
  const { user, system } = process.cpuUsage(cpu)
  const cpuSeconds = ((user + system) / 1e6).toFixed(2)
  process.stdout.write(
    `${count} leaves in ${seconds.toFixed(2)} s, ${rate} a second, ${rows} steps, ${cpuSeconds} s of one core\n`,
  )
  for (let at = 1; at <= count; at++) expected.append(leafOf({ ...sample, sequence: BigInt(at) }))
  expect((await loadTree(session, suite.origin)).root()).toEqual(expected.root())
  await session.close()
})
