import { newId } from '@holdfast/domain'
import { sql } from '@holdfast/postgres'
import { afterEach, expect, test } from 'vitest'
import { aBatch, aRecord } from './testing/batches.ts'
import { type Suite, startSuite } from './testing/suite.ts'

let suite: Suite
afterEach(() => suite.close())

const acme = newId<string>()
const perBatch = 20
const batch = (nodeId: string, number: number) =>
  aBatch(nodeId, number, {
    // The port tells which one it is.
    flows: Array.from({ length: perBatch }, (_, i) =>
      aRecord({ sourcePort: number, destinationPort: i + 1 }),
    ),
  })

/** How many flows of a node there are, and how many of them are different. */
async function counted(nodeId: string) {
  const [row] = await suite.postgres.query<{ all: bigint; different: bigint }>(sql`
    select count(*) as all, count(distinct (source_port, destination_port)) as different
    from audit.connection_logs where node_id = ${nodeId}::uuid`)
  return { all: Number(row?.all), different: Number(row?.different) }
}

test('a database that dies again and again costs no flow and doubles none', async () => {
  suite = await startSuite({ isOwn: true })
  const nodeId = await suite.facts.enroll(acme, 'gw')
  let number = 0
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 60; i++) suite.send(nodeId, batch(nodeId, ++number))
    await suite.pg.crash()
  }
  for (let i = 0; i < 5; i++) suite.send(nodeId, batch(nodeId, ++number))
  await suite.stored()
  const flows = number * perBatch
  expect(await counted(nodeId)).toEqual({ all: flows, different: flows })
})

test('two instances store every flow once, also when the one that leads goes', async () => {
  suite = await startSuite()
  const nodeId = await suite.facts.enroll(acme, 'gw')
  const stop = await suite.startAnother()
  let number = 0
  for (let i = 0; i < 50; i++) suite.send(nodeId, batch(nodeId, ++number))
  await suite.restart()
  for (let i = 0; i < 50; i++) suite.send(nodeId, batch(nodeId, ++number))
  await suite.stored()
  await stop()
  for (let i = 0; i < 50; i++) suite.send(nodeId, batch(nodeId, ++number))
  await suite.stored()
  const flows = number * perBatch
  expect(await counted(nodeId)).toEqual({ all: flows, different: flows })
})

test('where there is no room flows are counted, and the answer says so', async () => {
  suite = await startSuite({ flowMaxBytes: 1 })
  const nodeId = await suite.facts.enroll(acme, 'gw')
  suite.send(nodeId, batch(nodeId, 1))
  await suite.stored()
  expect(await counted(nodeId)).toEqual({ all: 0, different: 0 })
  const { coverage } = await suite.flows.summarizeFlows({ filter: { nodeId } })
  expect(coverage).toContain('20 flows of gw found no room in the database')
  expect(coverage).toContain('no flows are kept')
})

test('what the database will not take is left out, and what comes with it is stored', async () => {
  suite = await startSuite()
  const nodeId = await suite.facts.enroll(acme, 'gw')
  await suite.postgres.tx((tx) =>
    tx.script('alter table audit.connection_logs add constraint no_two check (source_port <> 2)'),
  )
  for (let number = 1; number <= 5; number++) suite.send(nodeId, batch(nodeId, number))
  await suite.stored()
  const flows = 4 * perBatch
  expect(await counted(nodeId)).toEqual({ all: flows, different: flows })
  const { coverage } = await suite.flows.summarizeFlows({ filter: { nodeId } })
  expect(coverage).toContain('1 report and 0 flows of gw made no sense')
})
