import type { InterfaceId, NodeId, OrganizationId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { CommandContext, Outcome } from '@holdfast/event-log'
import { overlaps, printNetwork } from '@holdfast/net'
import { withoutRevision } from '@holdfast/service'
import { AddressOverlap } from '../domain/errors.ts'
import { networkInterface } from '../domain/interface.ts'
import {
  type InterfaceEvent,
  type InterfaceState,
  interfaceAggregateId,
} from '../domain/interface-state.ts'
import type { NewPeer } from '../domain/peer.ts'
import {
  type InterfaceChanges,
  type InterfaceSettings,
  networksOf,
  withChanges,
} from '../domain/settings.ts'
import { interfaces, nodes } from './aggregates.ts'
import { type CommandTools, enrolmentKeyOf } from './command-tools.ts'
import { generateKeyPair, type Sealer, type WgKeyPair } from './secrets.ts'

type InterfaceOutcome = Outcome<InterfaceState, InterfaceEvent>

/** Where an interface is. */
export interface InterfacePlace {
  readonly organizationId: OrganizationId
  readonly nodeId: NodeId
  readonly interfaceId: InterfaceId
}

export interface NewInterface {
  /** Listen port 0: the lowest free one. */
  readonly settings: InterfaceSettings
  /** Generated when undefined. */
  readonly keys: WgKeyPair | undefined
  /** What comes along with an imported file; its secrets are sealed by the sealer given. */
  readonly peers: (sealer: Sealer) => readonly NewPeer[]
}

const idOf = ({ nodeId, interfaceId }: InterfacePlace): string =>
  interfaceAggregateId(nodeId, interfaceId)

/**
 * Claims name and port on the node, then creates the interface, with its peers when there are any. Everything
 * that can be judged is judged before the claim, so that a refusal leaves nothing behind.
 */
export async function createInterface(
  tools: CommandTools,
  place: InterfacePlace,
  wish: NewInterface,
  context: CommandContext,
): Promise<InterfaceOutcome> {
  const { log, secrets, claims, perNode, now } = tools
  const { organizationId, nodeId, interfaceId } = place
  const sealer = await secrets.sealer(organizationId, await enrolmentKeyOf(tools, nodeId))
  const { privateKey, publicKey } = wish.keys ?? generateKeyPair()
  const command = (settings: InterfaceSettings) => ({
    type: 'CreateInterface' as const,
    organizationId,
    settings,
    keys: {
      publicKey,
      privateKey: sealer.forOrganization(interfaceId, 'private_key', privateKey),
      privateKeyForNode: sealer.forNode(interfaceId, 'private_key', privateKey),
    },
    peers,
    now: now(),
  })
  const peers = wish.peers(sealer)
  networkInterface.decide(command(wish.settings), networkInterface.initial())

  return await perNode.run(nodeId, async () => {
    await requireNoOverlap(tools, place, wish.settings)
    const { name, listenPort } = await claims.hold(place, wish.settings, context)
    const settings = { ...wish.settings, name, listenPort }
    return await log.execute(interfaces, idOf(place), command(settings), withoutRevision(context))
  })
}

/** Name and port change in three steps: claim the new, change the interface, let go of the old. */
export async function updateInterface(
  tools: CommandTools,
  place: InterfacePlace,
  changes: InterfaceChanges,
  context: CommandContext,
): Promise<InterfaceOutcome> {
  const { log, claims, perNode } = tools
  const { expectedRevision } = context
  const command = { type: 'UpdateInterface' as const, changes, expectedRevision }
  const execute = () => log.execute(interfaces, idOf(place), command, withoutRevision(context))

  return await perNode.run(place.nodeId, async () => {
    const { state } = await log.fold(interfaces, idOf(place))
    const { settings: before } = state
    const next = before && !state.isDeleted ? withChanges(before, changes) : undefined
    if (!before || !next) return await execute()
    if (changes.addresses) await requireNoOverlap(tools, place, next)
    const isMoving = next.name !== before.name || next.listenPort !== before.listenPort
    if (!isMoving) {
      const outcome = await execute()
      // A repeat of a command that got no further than its second step.
      if (outcome.isRepeated) await settleAsUsed(outcome)
      return outcome
    }
    networkInterface.decide(command, state)
    await claims.hold(place, { name: next.name, listenPort: next.listenPort }, context)
    try {
      const outcome = await execute()
      await settleAsUsed(outcome)
      return outcome
    } catch (error) {
      // Refused, so nothing was stored and the old claim is the one in use.
      if (error instanceof DomainError && error.kind !== 'unavailable') {
        const { name, listenPort } = before
        await claims.settle(place, { name, listenPort }, context)
      }
      throw error
    }
  })

  async function settleAsUsed({ state }: InterfaceOutcome): Promise<void> {
    if (!state.settings || state.isDeleted) return
    const { name, listenPort } = state.settings
    await claims.settle(place, { name, listenPort }, context)
  }
}

export async function rotateInterfaceKey(
  tools: CommandTools,
  place: InterfacePlace,
  brought: WgKeyPair | undefined,
  context: CommandContext,
): Promise<InterfaceOutcome> {
  const { log, secrets } = tools
  const { organizationId, nodeId, interfaceId } = place
  const sealer = await secrets.sealer(organizationId, await enrolmentKeyOf(tools, nodeId))
  const { privateKey, publicKey } = brought ?? generateKeyPair()
  const keys = {
    publicKey,
    privateKey: sealer.forOrganization(interfaceId, 'private_key', privateKey),
    privateKeyForNode: sealer.forNode(interfaceId, 'private_key', privateKey),
  }
  const { expectedRevision } = context
  return await log.execute(
    interfaces,
    idOf(place),
    { type: 'RotateInterfaceKey', keys, expectedRevision },
    withoutRevision(context),
  )
}

/** Deletes the interface with its peers, then lets go of its name and port. */
export async function deleteInterface(
  { log, claims, perNode }: CommandTools,
  place: InterfacePlace,
  context: CommandContext,
): Promise<InterfaceOutcome> {
  const { expectedRevision } = context
  return await perNode.run(place.nodeId, async () => {
    const outcome = await log.execute(
      interfaces,
      idOf(place),
      { type: 'DeleteInterface', expectedRevision },
      withoutRevision(context),
    )
    await claims.settle(place, undefined, context)
    return outcome
  })
}

/**
 * Two interfaces of one host with overlapping networks would fight for the route. Judged under `perNode`, so
 * one instance of this service never lets two through.
 */
export async function requireNoOverlap(
  { log }: Pick<CommandTools, 'log'>,
  { nodeId, interfaceId }: Pick<InterfacePlace, 'nodeId' | 'interfaceId'>,
  settings: InterfaceSettings,
): Promise<void> {
  const wanted = networksOf(settings.addresses)
  const { state: node } = await log.fold(nodes, nodeId)
  const neighbours = [...node.claims.keys()].filter((id) => id !== interfaceId)
  for (const id of neighbours) {
    const { state } = await log.fold(interfaces, interfaceAggregateId(nodeId, id))
    if (!state.settings || state.isDeleted) continue
    for (const other of networksOf(state.settings.addresses)) {
      const network = wanted.find((candidate) => overlaps(candidate, other))
      if (!network) continue
      throw AddressOverlap({
        network: printNetwork(network),
        other: printNetwork(other),
        interface: state.settings.name,
      })
    }
  }
}
