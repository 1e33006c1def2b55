// How long rules of the past take as the log grows: 500 rules and 500 peers on 20 nodes, changed 10 k, 100 k and 1 M
// times in all. The versions are written as the projections would write them; everything else is the service.
//
//   npx tsx --conditions @holdfast/source bench/at-rules.ts [samples] [events,…]
import { startSuite } from '../services/rules/src/testing/suite.ts'
import { ageing, measuring } from './past.ts'

const samples = Number(process.argv[2] ?? 100)
const sizes = process.argv[3]?.split(',').map(Number) ?? [10_000, 100_000, 1_000_000]
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
const age = ageing(suite.postgres, 'rules', base)
const measure = measuring(base, samples)

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
