// The way of recorded flows into Postgres: messages of FLOWS, decoded, numbered, named, stored with their position;
// against a plain COPY of the same rows, encoded beforehand, into a table without indexes. Real Postgres and NATS,
// fsync on for COPY's commits, asynchronous commits for ours, which may be repeated.
//
//   npx tsx bench/flows.ts [records] [rounds]      (default 400,000 and 3)

import { setTimeout as pause } from 'node:timers/promises'
import { newId } from '@holdfast/domain'
import { provisionFlows } from '@holdfast/event-log/admin'
import { sql } from '@holdfast/postgres'
import { readBatch } from '../services/audit/src/codecs/read-batch.ts'
import type { FlowBatch } from '../services/audit/src/domain/flow.ts'
import { flowColumns, flowRows } from '../services/audit/src/ingest/flow-rows.ts'
import { aBatch, aRecord, idBytes } from '../services/audit/src/testing/batches.ts'
import { startSuite } from '../services/audit/src/testing/suite.ts'

const records = Number(process.argv[2] ?? 400_000)
const rounds = Number(process.argv[3] ?? 3)
const nodeCount = 20
const perBatch = 500

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0
const random = (n: number): number => Math.floor(Math.random() * n)

const suite = await startSuite({ flowMaxBytes: 1024 ** 4 })
const { postgres } = suite
await provisionFlows(suite.nats.admin, { maxBytes: 256 * 1024 * 1024 })
const organization = newId<string>()
const nodes: { id: string; peers: string[]; next: number }[] = []
for (let n = 0; n < nodeCount; n++) {
  const id = await suite.facts.enroll(organization, `node-${n}`)
  const peers: string[] = []
  for (let p = 0; p < 25; p++) peers.push(await suite.facts.addPeer(organization, id, `peer-${p}`))
  nodes.push({ id, peers, next: 1 })
}
const rules: string[] = []
for (let r = 0; r < 50; r++) rules.push(await suite.facts.createRule(organization, `rule-${r}`))
// Some addresses are met far more often than others.
const pool = Array.from({ length: 20_000 }, () =>
  Uint8Array.from([1 + random(223), random(256), random(256), random(256)]),
)
const pick = <T>(from: readonly T[], skew = 1): T => {
  const found = from[Math.floor(from.length * Math.random() ** skew)]
  if (found === undefined) throw new Error('nothing to pick from')
  return found
}

function batchOf(node: { id: string; peers: string[]; next: number }): Uint8Array {
  const now = Date.now()
  const flows = Array.from({ length: perBatch }, () => {
    const peer = random(node.peers.length)
    return aRecord({
      firstUnixMs: now - random(900),
      lastUnixMs: now,
      verdict: random(4) === 0 ? 2 : 1,
      source: Uint8Array.from([10, 1, 0, peer]),
      destination: pick(pool, 3),
      sourcePort: 1024 + random(60_000),
      destinationPort: pick([443, 80, 53, 22]),
      packets: 1 + random(100),
      ruleId: idBytes(pick(rules)),
      peerId: idBytes(node.peers[peer] ?? ''),
    })
  })
  return aBatch(node.id, node.next++, { flows })
}

/** Records a second from the first message to the last row. */
async function ingest(messages: readonly { node: string; data: Uint8Array }[]): Promise<number> {
  const position = async () => {
    const [row] = await postgres.query<{ sequence: bigint }>(
      sql`select sequence from audit.flow_position`,
    )
    return Number(row?.sequence ?? 0)
  }
  const wanted = (await position()) + messages.length
  const begin = performance.now()
  for (const { node, data } of messages) suite.send(node, data)
  while ((await position()) < wanted) await pause(50)
  return (messages.length * perBatch) / ((performance.now() - begin) / 1000)
}

/** The same rows by COPY, and nothing else. */
async function plainCopy(messages: readonly { node: string; data: Uint8Array }[]): Promise<number> {
  const names = {
    node: () => ({ organizationId: organization, name: 'node' }),
    rule: () => 'rule-17',
    peer: () => 'peer-17',
  }
  const batches = messages.map(({ node, data }): FlowBatch => {
    const subject = `tlm.node.${node}.flows`
    const read = readBatch({ subject, data, storedAtUnixMs: Date.now() })
    if (!read.ok) throw new Error(read.reason)
    return read.batch
  })
  const rows = batches.flatMap((batch) => [...flowRows(batch, names.node(), names)])
  await postgres.query(sql`drop table if exists audit.plain`)
  await postgres.query(sql`create table audit.plain (like audit.connection_logs)`)
  const begin = performance.now()
  const perCommit = 100 * perBatch
  for (let i = 0; i < rows.length; i += perCommit) {
    await postgres.tx((tx) =>
      tx.copyIn(sql`audit.plain`, flowColumns, rows.slice(i, i + perCommit)),
    )
  }
  const seconds = (performance.now() - begin) / 1000
  await postgres.query(sql`drop table audit.plain`)
  return rows.length / seconds
}

const ours: number[] = []
const plain: number[] = []
for (let round = 0; round < rounds; round++) {
  const messages = Array.from({ length: Math.ceil(records / perBatch) }, (_, i) => {
    const node = nodes[i % nodeCount]
    if (!node) throw new Error('no node')
    return { node: node.id, data: batchOf(node) }
  })
  plain.push(await plainCopy(messages))
  const cpu = process.cpuUsage()
  ours.push(await ingest(messages))
  const { user, system } = process.cpuUsage(cpu)
  const each = (user + system) / (messages.length * perBatch)
  console.log(
    `round ${round + 1}: ${Math.round(ours.at(-1) ?? 0)} records/s, plain COPY ${Math.round(plain.at(-1) ?? 0)} rows/s, ${each.toFixed(1)} µs of our CPU a record`,
  )
}
const [size] = await postgres.query<{ heap: bigint; indexes: bigint; rows: bigint }>(sql`
  select sum(pg_relation_size(inhrelid))::bigint as heap, sum(pg_indexes_size(inhrelid))::bigint as indexes,
    (select count(*) from audit.connection_logs) as rows
  from pg_inherits where inhparent = 'audit.connection_logs'::regclass`)
const stored = Number(size?.rows)
console.log(
  `\ningest / plain COPY: ${(median(ours) / median(plain)).toFixed(2)}, median ${Math.round(median(ours))} records/s (goal 20,000)`,
)
console.log(
  `${stored} rows: ${Math.round(Number(size?.heap) / stored)} bytes a row and ${Math.round(Number(size?.indexes) / stored)} of indexes`,
)

// What a question takes once they are there.
const asked = {
  'newest 50': {},
  'newest 50 of a peer': { peerId: nodes[3]?.peers[4] ?? '' },
  'newest 50 of a rule': { ruleId: rules[7] ?? '' },
  'newest 50 of a rare address': { address: '1.2.3.4/32' },
  'newest 50 with a rare port': { port: 1 },
} as const
for (const [what, filter] of Object.entries(asked)) {
  const times: number[] = []
  for (let i = 0; i < 9; i++) {
    const begin = performance.now()
    await suite.flows.listFlows({ limit: 50, filter })
    times.push(performance.now() - begin)
  }
  console.log(`${what.padEnd(30)} ${median(times).toFixed(1).padStart(8)} ms`)
}
const begin = performance.now()
const { flows } = await suite.flows.summarizeFlows({ limit: 100_000 })
console.log(
  `summary, ${flows?.length} distinct flows ${((performance.now() - begin) / 1000).toFixed(1).padStart(8)} s`,
)
await suite.close()
