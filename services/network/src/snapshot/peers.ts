import {
  type InterfaceId,
  idFrom,
  type NodeId,
  type OrganizationId,
  type PeerId,
} from '@holdfast/domain'
import { parseHostCidr, type WgKey } from '@holdfast/net'
import { defaultFirewall } from '@holdfast/policy'
import { parsePage } from '@holdfast/postgres'
import type { Call } from '@holdfast/service'
import {
  type Batch,
  type Contributor,
  commandIdOf,
  missing,
  type Outcome,
  promiseOf,
  promisesOf,
  refusal,
  stepContext,
} from '@holdfast/snapshot'
import { interfaces } from '../commands/aggregates.ts'
import type { InterfaceCommand } from '../domain/interface.ts'
import {
  evolveInterface,
  type InterfaceState,
  initialInterface,
  interfaceAggregateId,
} from '../domain/interface-state.ts'
import { defaultMtu } from '../domain/settings.ts'
import { interfacesNamed } from '../queries/interfaces.ts'
import { nodesById } from '../queries/nodes.ts'
import { listPeers } from '../queries/peers.ts'
import { homesOf } from './homes.ts'
import { maxPage, notEnrolled, type SnapshotParts } from './parts.ts'
import { type PeersPlan, type PlannedPeer, planPeers } from './plan-peers.ts'
import { type PeerWish, peerFields, peerRecord, readPeer } from './records.ts'

const contributor = 'network.peers'
/** Of records in one commit, which may have 8 MiB. */
const maxCommitBytes = 2 * 1024 * 1024

/** What of a page goes into one commit. */
interface Group {
  /** Undefined: an interface that an earlier section of this dry run would make, with these addresses. */
  readonly place: { readonly nodeId: NodeId; readonly interfaceId: InterfaceId } | undefined
  readonly addresses: string
  readonly peers: PlannedPeer[]
  /** Places of the peers in the page. */
  readonly at: number[]
  readonly indexes: number[]
  bytes: number
}

/** Peers with their public keys. Private and preshared keys stay where they are. */
export function peersContributor(parts: SnapshotParts): Contributor {
  const { postgres, tools } = parts

  async function carryOut(group: Group, batch: Batch, call: Call): Promise<readonly Outcome[]> {
    const { place, peers, indexes } = group
    const { overwritesExisting } = batch
    const plan = (state: InterfaceState) => planPeers(state, peers, overwritesExisting, tools.now())
    if (!place) return plan(imagined(batch.organizationId, group.addresses)).outcomes
    const id = interfaceAggregateId(place.nodeId, place.interfaceId)
    try {
      if (batch.isDryRun) {
        return plan((await tools.log.fold(interfaces, id, call.signal)).state).outcomes
      }
      const [first = 0] = indexes
      // Another cut of the page, or another way of importing it, is another command.
      const step = `${place.interfaceId} ${indexes.at(-1)} ${overwritesExisting}`
      let made: PeersPlan | undefined
      const { state } = await tools.log.execute(
        interfaces,
        id,
        (present): InterfaceCommand => {
          made = plan(present)
          return { type: 'ChangePeers', steps: made.steps }
        },
        stepContext(call, batch, contributor, first, step),
      )
      // A repeated command is answered from what it has made.
      return (made ?? plan(state)).outcomes
    } catch (error) {
      return peers.map(({ wish }) => refusal(wish.settings.name, error))
    }
  }

  return {
    name: contributor,
    major: 1,
    minor: 0,
    domain: 'devices',
    after: ['network.interfaces'],
    readsMajors: [],
    fields: peerFields,

    async collect({ organizationId, cursor, limit, at }) {
      const sequence = await parts.caughtUp(at)
      const { rows, nextCursor } = await listPeers(
        postgres,
        { organizations: [organizationId], at: sequence },
        parsePage(limit, cursor, maxPage),
        { organizationId, interfaceId: '', query: '', status: undefined, now: tools.now() },
      )
      const nodes = await nodesById(
        postgres,
        organizationId,
        rows.map(({ nodeId }) => nodeId),
        sequence,
      )
      const records = rows.map((row) => peerRecord(row, nodes.get(row.nodeId)?.settings.name ?? ''))
      return { records, nextCursor, sequence }
    },

    async contribute(records, batch, call) {
      const outcomes: Outcome[] = []
      const wishes = new Map<number, PeerWish>()
      records.forEach(({ record }, at) => {
        const read = readPeer(record)
        if ('wish' in read) wishes.set(at, read.wish)
        else outcomes[at] = read.outcome
      })
      const all = [...wishes.values()]
      const homes = await homesOf(
        parts,
        batch,
        all.map(({ node }) => node),
      )
      const known = new Map<string, InterfaceId>()
      if (homes.ids.length > 0) {
        const names = all.map(({ interfaceName }) => interfaceName)
        for (const one of await interfacesNamed(postgres, batch.organizationId, homes.ids, names)) {
          known.set(`${one.nodeId} ${one.settings.name}`, one.id)
        }
      }
      const promised = batch.isDryRun ? promisesOf(batch) : new Map<string, string>()

      const groups = new Map<string, Group>()
      const full: Group[] = []
      for (const [at, wish] of wishes) {
        const { index = 0, record = {} } = records[at] ?? {}
        const { node, interfaceName, settings } = wish
        const nodeId = homes.of(node)
        const interfaceId = nodeId && known.get(`${nodeId} ${interfaceName}`)
        const addresses = promised.get(promiseOf('interface', interfaceName, node))
        if (!interfaceId && addresses === undefined) {
          outcomes[at] = nodeId
            ? missing(settings.name, `there is no interface ${interfaceName} on ${node}`)
            : notEnrolled(settings.name, node)
          continue
        }
        const key = interfaceId ?? `${interfaceName}@${node}`
        const bytes = JSON.stringify(record).length
        let group = groups.get(key)
        if (!group || group.bytes + bytes > maxCommitBytes) {
          if (group) full.push(group)
          const place = nodeId && interfaceId ? { nodeId, interfaceId } : undefined
          group = { place, addresses: addresses ?? '', peers: [], at: [], indexes: [], bytes: 0 }
          groups.set(key, group)
        }
        const { importId, organizationId } = batch
        const where = interfaceId ?? ''
        const commandId = commandIdOf(importId, contributor, organizationId, index, where)
        group.peers.push({
          wish,
          peerId: idFrom<PeerId>(commandId, 'peer'),
          promise: promiseOf('peer', settings.name, interfaceName, node),
        })
        group.at.push(at)
        group.indexes.push(index)
        group.bytes += bytes
      }
      for (const group of [...full, ...groups.values()]) {
        const found = await carryOut(group, batch, call)
        group.at.forEach((at, i) => {
          const outcome = found[i]
          if (outcome) outcomes[at] = outcome
        })
      }
      return outcomes
    },
  }
}

/** An interface that is yet to be made, as far as peers are judged by it. */
function imagined(organizationId: string, addresses: string): InterfaceState {
  const parsed = addresses.split(',').flatMap((text) => {
    const address = parseHostCidr(text)
    return address.ok ? [address.value] : []
  })
  const nothing = new Uint8Array()
  return evolveInterface(initialInterface(), {
    type: 'InterfaceCreated',
    organizationId: organizationId as OrganizationId, // as: never looked at
    settings: {
      name: 'wg0' as never,
      addresses: parsed,
      listenPort: 0,
      mtu: defaultMtu,
      dns: [],
      endpoint: '',
      clientAllowedIps: [],
      isEnabled: true,
      extraDirectives: [],
      addressQuarantineSeconds: 0,
      firewall: defaultFirewall,
    },
    publicKey: '' as WgKey, // as: nobody's
    privateKey: { keyId: '', nonce: nothing, ciphertext: nothing },
    privateKeyForNode: {
      recipient: nothing,
      ephemeralPublicKey: nothing,
      nonce: nothing,
      ciphertext: nothing,
    },
  })
}
