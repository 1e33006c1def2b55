// How long rules of the past take as the log grows: 500 rules and 500 peers on 20 nodes, changed 10 k, 100 k and 1 M
// times in all. The versions are written as the projections would write them; everything else is the service.
//
//   npx tsx --conditions @holdfast/source bench/at-rules.ts [samples] [events,…]
import { sql } from '@holdfast/postgres'
import { startSuite } from '../services/rules/src/testing/suite.ts'

const samples = Number(process.argv[2] ?? 100)
const sizes = process.argv[3]?.split(',').map(Number) ?? [10_000, 100_000, 1_000_000]
const forever = 9_223_372_036_854_775_807n
const suite = await startSuite()
const organization = await suite.createOrganization('bench')
await suite.settled()
const ruleCount = 500
const rules = Array.from({ length: ruleCount }, (_, i) => ({
  name: `rule-${i}`,
  action: i % 2 === 0 ? 1 : 2,
  direction: 1,
  protocol: 2,
  source: `10.${i % 200}.${i % 7}.0/24`,
  destinationPorts: { from: 1 + i, to: 1 + i },
  priority: i % 1000,
  isActive: true,
}))
await suite.rules.importRules({ organization, rules, mode: 1 })
let node = ''
for (let n = 0; n < 20; n++) {
  node = await suite.hosts.enroll(organization, `gw-${n}`)
  const wg = await suite.hosts.createInterface(organization, node, { name: `wg${n}` })
  for (let p = 0; p < 25; p++) {
    const addresses = [`10.99.${n}.${p + 2}`]
    await suite.hosts.addPeer(organization, node, wg, { name: `peer-${n}-${p}`, addresses })
  }
}
await suite.settled()
const base = await suite.log.head()

/** Gives each row of a table so many versions, evenly over a stretch of the log. */
async function age(table: string, key: string, versions: number, step: number): Promise<void> {
  const [place] = await suite.postgres.query<{ schema: string }>(sql`
    select n.nspname as schema from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relname = ${`${table}__past`}`)
  const past = sql.identifier(place?.schema ?? '', `${table}__past`)
  const [row] = await suite.postgres.query<{ columns: string }>(sql`
    select string_agg(quote_ident(column_name), ', ' order by ordinal_position) as columns
    from information_schema.columns
    where table_schema = ${place?.schema ?? ''} and table_name = ${`${table}__past`}
      and column_name not in ('valid_from', 'valid_to')`)
  const columns = sql.raw(row?.columns ?? '')
  await suite.postgres.tx(
    async (tx) => {
      await tx.execute(sql`create temp table live on commit drop as
        select *, row_number() over (order by ${sql.identifier(key)}) as place
        from ${sql.identifier('rules', table)}`)
      await tx.execute(sql`delete from ${past}`)
      await tx.execute(sql`
        insert into ${past} (${columns}, valid_from, valid_to)
        select ${columns}, ${base} + place + v * ${step}::bigint,
          case when v = ${versions - 1} then ${forever} else ${base} + place + (v + 1) * ${step}::bigint end
        from live, generate_series(0, ${versions - 1}) v`)
      await tx.execute(sql`analyze ${past}`)
    },
    { statementTimeoutMs: 0 },
  )
}

const percentile = (sorted: readonly number[], p: number): string =>
  (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? 0).toFixed(1)

async function measure(name: string, events: number, ask: (at: bigint) => Promise<unknown>) {
  const moment = () => base + 1001n + BigInt(Math.floor(Math.random() * (events - 1)))
  for (let i = 0; i < 5; i++) await ask(moment())
  const times: number[] = []
  for (let i = 0; i < samples; i++) {
    const since = performance.now()
    await ask(moment())
    times.push(performance.now() - since)
  }
  times.sort((a, b) => a - b)
  console.log(
    `${events.toString().padStart(9)} events  ${name.padEnd(34)} p50 ${percentile(times, 0.5).padStart(7)} ms  p99 ${percentile(times, 0.99).padStart(7)} ms`,
  )
}

for (const events of sizes) {
  const versions = events / (2 * ruleCount)
  await age('rules', 'rule_id', versions, 2 * ruleCount)
  await age('topology_peers', 'peer_id', versions, 2 * ruleCount)
  await measure('rules, first 50', events, (at) =>
    suite.rules.listRules({ organizationId: organization, limit: 50 }, { at }),
  )
  await measure('rules that contain a text', events, (at) =>
    suite.rules.listRules({ organizationId: organization, query: 'rule-42', limit: 50 }, { at }),
  )
  await measure('one rule by name', events, (at) =>
    suite.rules.getRule({ rule: 'rule-77', organization }, { at }),
  )
  await measure('policy of one node (500 rules)', events, (at) =>
    suite.policy.getNodePolicy({ node }, { at }),
  )
  await measure('the set as a whole', events, (at) =>
    suite.rules.getRuleSet({ organization }, { at }),
  )
}
await suite.close()
process.exit(0)
