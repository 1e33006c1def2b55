// How long peers of the past take as the log grows: 2,000 peers on 20 interfaces, changed 10 k, 100 k and 1 M times in
// all. The versions are written as the projections would write them; everything else is the service.
//
//   npx tsx --conditions @holdfast/source bench/at-network.ts [samples] [events,…]
import { newId } from '@holdfast/domain'
import { startSuite } from '../services/network/src/testing/suite.ts'
import { ageing, measuring } from './past.ts'

const samples = Number(process.argv[2] ?? 100)
const sizes = process.argv[3]?.split(',').map(Number) ?? [10_000, 100_000, 1_000_000]
const suite = await startSuite()
const { nodeId: node } = await suite.enroll(newId<string>(), 'gw')
const perInterface = 100
const peerCount = 20 * perInterface
let interfaceId = ''
let peer = ''
for (let n = 0; n < 20; n++) {
  const wish = { node, name: `wg${n}`, addresses: [`10.${n}.0.1/16`] }
  interfaceId = (await suite.interfaces.createInterface(wish)).interface?.id ?? ''
  const made = await Promise.all(
    Array.from({ length: perInterface }, (_, i) =>
      suite.peers.createPeer({ interfaceId, name: `peer-${n}-${i}` }),
    ),
  )
  peer = made[0]?.peer?.id ?? ''
}
await suite.settled()
const base = await suite.log.head()
const age = ageing(suite.postgres, 'network', base)
const measure = measuring(base, samples, BigInt(peerCount + 1))

for (const events of sizes) {
  await age('peers', 'peer_id', events / peerCount, peerCount)
  // Every change of a peer moves the count of its interface.
  await age('interface_counts', 'interface_id', events / 20, 20)
  await age('interfaces', 'interface_id', 1, 1)
  await age('nodes', 'node_id', 1, 1)
  await measure('peers, first 50', events, (at) => suite.peers.listPeers({ limit: 50 }, { at }))
  await measure('peers of one interface', events, (at) =>
    suite.peers.listPeers({ interfaceId, limit: 100 }, { at }),
  )
  await measure('one peer by name', events, (at) =>
    suite.peers.getPeer({ peer: 'peer-7-42' }, { at }),
  )
  await measure('configuration of one peer', events, (at) =>
    suite.peers.getPeerConfig({ peer }, { at }),
  )
  await measure('interfaces, first 50', events, (at) =>
    suite.interfaces.listInterfaces({ limit: 50 }, { at }),
  )
  await measure('nodes', events, (at) => suite.nodes.listNodes({}, { at }))
}
await suite.close()
process.exit(0)
