import { type InterfaceId, idFrom, type NodeId, type OrganizationId } from '@holdfast/domain'
import { type Network, overlaps, printNetwork, type WgKey } from '@holdfast/net'
import { parsePage } from '@holdfast/postgres'
import type { Call } from '@holdfast/service'
import {
  type Batch,
  type Contributor,
  commandIdOf,
  exists,
  type Note,
  noted,
  type Outcome,
  promiseOf,
  refusal,
  stepContext,
  unchanged,
} from '@holdfast/snapshot'
import { interfaces, nodes } from '../commands/aggregates.ts'
import {
  createInterface,
  type InterfacePlace,
  requireNoOverlap,
  updateInterface,
} from '../commands/change-interfaces.ts'
import { AddressOverlap } from '../domain/errors.ts'
import { networkInterface } from '../domain/interface.ts'
import { interfaceAggregateId } from '../domain/interface-state.ts'
import { type NodeState, node as nodeDecider } from '../domain/node.ts'
import type { Sealed, SealedToNode } from '../domain/sealed.ts'
import {
  type InterfaceSettings,
  isSameSettings,
  networksOf,
  withChanges,
} from '../domain/settings.ts'
import { interfacesNamed, listInterfaces } from '../queries/interfaces.ts'
import { homesOf } from './homes.ts'
import { maxPage, notEnrolled, type SnapshotParts } from './parts.ts'
import { type InterfaceWish, interfaceFields, interfaceRecord, readInterface } from './records.ts'

const contributor = 'network.interfaces'

const newKeys: Note = {
  code: 'network.keys_made_anew',
  detail:
    'has a new key pair, for private keys are in no snapshot: every peer needs a new configuration',
}

const nothing = new Uint8Array()
const sealed: Sealed = { keyId: '', nonce: nothing, ciphertext: nothing }
const sealedToNode: SealedToNode = {
  recipient: nothing,
  ephemeralPublicKey: nothing,
  nonce: nothing,
  ciphertext: nothing,
}

/** What a dry run has made of a node so far. */
interface Rehearsal {
  readonly node: NodeState
  readonly made: { readonly name: string; readonly networks: readonly Network[] }[]
}

interface Existing {
  readonly id: InterfaceId
  readonly settings: InterfaceSettings
}

/** Interfaces, without their keys: those are made anew where they are imported. */
export function interfacesContributor(parts: SnapshotParts): Contributor {
  const { postgres, tools } = parts

  /** All that `createInterface` would look at, and nothing written. */
  async function rehearse(
    place: InterfacePlace,
    settings: InterfaceSettings,
    rehearsals: Map<NodeId, Rehearsal>,
    signal: AbortSignal,
  ): Promise<void> {
    const { organizationId, nodeId, interfaceId } = place
    networkInterface.decide(
      {
        type: 'CreateInterface',
        organizationId,
        settings,
        // as: nobody's key, for a key to be made
        keys: { publicKey: '' as WgKey, privateKey: sealed, privateKeyForNode: sealedToNode },
        peers: [],
        now: tools.now(),
      },
      networkInterface.initial(),
    )
    await requireNoOverlap(tools, place, settings)
    let rehearsal = rehearsals.get(nodeId)
    if (!rehearsal) {
      const { state } = await tools.log.fold(nodes, nodeId, signal)
      rehearsal = { node: { ...state, claims: new Map(state.claims) }, made: [] }
      rehearsals.set(nodeId, rehearsal)
    }
    const networks = networksOf(settings.addresses)
    for (const other of rehearsal.made) {
      for (const network of networks) {
        const clash = other.networks.find((one) => overlaps(one, network))
        if (!clash) continue
        throw AddressOverlap({
          network: printNetwork(network),
          other: printNetwork(clash),
          interface: other.name,
        })
      }
    }
    const { name, listenPort } = settings
    const claim = { type: 'ClaimInterface', interfaceId, name, listenPort } as const
    for (const event of nodeDecider.decide(claim, rehearsal.node)) {
      nodeDecider.evolve(rehearsal.node, event)
    }
    rehearsal.made.push({ name, networks })
  }

  async function overwrite(
    place: InterfacePlace,
    wish: InterfaceWish,
    index: number,
    batch: Batch,
    call: Call,
  ): Promise<void> {
    const { name: _, ...given } = wish.settings
    const { listenPort, ...others } = given
    // 0 asks for any port, and it has one.
    const changes = listenPort === 0 ? others : given
    if (!batch.isDryRun) {
      const step = `overwrite ${place.nodeId}`
      const context = stepContext(call, batch, contributor, index, step)
      await updateInterface(tools, place, changes, context)
      return
    }
    const { state } = await tools.log.fold(
      interfaces,
      interfaceAggregateId(place.nodeId, place.interfaceId),
      call.signal,
    )
    networkInterface.decide({ type: 'UpdateInterface', changes }, state)
    if (!state.settings) return
    const next = withChanges(state.settings, changes)
    await requireNoOverlap(tools, place, next)
    const { name, listenPort: port } = next
    const { interfaceId } = place
    const node = (await tools.log.fold(nodes, place.nodeId, call.signal)).state
    nodeDecider.decide({ type: 'ClaimInterface', interfaceId, name, listenPort: port }, node)
  }

  return {
    name: contributor,
    major: 1,
    minor: 0,
    domain: 'devices',
    after: ['network.nodes'],
    readsMajors: [],
    fields: interfaceFields,

    async collect({ organizationId, cursor, limit, at }) {
      const sequence = await parts.caughtUp(at)
      const { rows, nextCursor } = await listInterfaces(
        postgres,
        { organizations: [organizationId], at: sequence },
        parsePage(limit, cursor, maxPage),
        { organizationId, nodeId: '', query: '' },
      )
      const records = rows.map(({ settings, nodeName }) => interfaceRecord(settings, nodeName))
      return { records, nextCursor, sequence }
    },

    async contribute(records, batch, call) {
      const reads = records.map(({ index, record }) => ({ index, read: readInterface(record) }))
      const wishes = reads.flatMap(({ read }) => ('wish' in read ? [read.wish] : []))
      const homes = await homesOf(
        parts,
        batch,
        wishes.map(({ node }) => node),
      )
      const known = new Map<string, Existing>()
      for (const one of homes.ids.length === 0
        ? []
        : await interfacesNamed(
            postgres,
            batch.organizationId,
            homes.ids,
            wishes.map(({ settings }) => settings.name),
          )) {
        known.set(`${one.nodeId} ${one.settings.name}`, one)
      }
      const rehearsals = new Map<NodeId, Rehearsal>()

      async function carryOut(index: number, wish: InterfaceWish): Promise<Outcome> {
        const { settings, notes } = wish
        const { name } = settings
        const nodeId = homes.of(wish.node)
        if (!nodeId) return notEnrolled(`${name}@${wish.node}`, wish.node)
        const shown = `${name}@${wish.node}`
        // What hosts it is said by the name the record has, for so do the records that follow.
        const promise = `${promiseOf('interface', name, wish.node)} ${settings.addresses.join(',')}`
        const { importId } = batch
        const organizationId = batch.organizationId as OrganizationId // as: its nodes have just been read
        const commandId = commandIdOf(importId, contributor, organizationId, index, nodeId)
        const interfaceId = idFrom<InterfaceId>(commandId, 'interface')
        const key = `${nodeId} ${name}`
        const existing = known.get(key)
        const created: Outcome = { outcome: 'created', name: shown, promise }
        if (existing?.id === interfaceId) return noted(created, [newKeys, ...notes])
        try {
          if (!existing) {
            const place = { organizationId, nodeId, interfaceId }
            if (batch.isDryRun) {
              await rehearse(place, settings, rehearsals, call.signal)
            } else {
              const context = stepContext(call, batch, contributor, index, nodeId)
              const made = { settings, keys: undefined, peers: () => [] }
              await createInterface(tools, place, made, context)
            }
            known.set(key, { id: interfaceId, settings })
            return noted(created, [newKeys, ...notes])
          }
          if (!batch.overwritesExisting) return exists(shown, promise)
          const wished = settings.listenPort || existing.settings.listenPort
          if (isSameSettings({ ...settings, listenPort: wished }, existing.settings)) {
            return unchanged(shown, promise)
          }
          const place = { organizationId, nodeId, interfaceId: existing.id }
          await overwrite(place, wish, index, batch, call)
          return noted({ outcome: 'updated', name: shown, promise }, notes)
        } catch (error) {
          return refusal(shown, error)
        }
      }

      const outcomes: Outcome[] = []
      for (const { index, read } of reads) {
        outcomes.push('wish' in read ? await carryOut(index, read.wish) : read.outcome)
      }
      return outcomes
    },
  }
}
