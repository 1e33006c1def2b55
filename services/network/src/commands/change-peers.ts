import type { PeerId } from '@holdfast/domain'
import type { CommandContext, Outcome } from '@holdfast/event-log'
import type { WgKey } from '@holdfast/net'
import { withoutRevision } from '@holdfast/service'
import {
  type InterfaceEvent,
  type InterfaceState,
  interfaceAggregateId,
} from '../domain/interface-state.ts'
import type { NewPeer } from '../domain/peer.ts'
import type { PeerSettings } from '../domain/settings.ts'
import { interfaces } from './aggregates.ts'
import type { InterfacePlace } from './change-interfaces.ts'
import { type CommandTools, enrolmentKeyOf } from './command-tools.ts'
import { generateKeyPair, generatePresharedKey } from './secrets.ts'

type InterfaceOutcome = Outcome<InterfaceState, InterfaceEvent>

/** `default`: a preshared key comes with a generated key pair and not with a key the peer brings. */
export type PresharedKeyWish = 'default' | 'none' | 'generate' | { readonly key: WgKey }

export interface PeerWish {
  readonly settings: NewPeer['settings']
  /** Undefined: a key pair is generated, and the private key sealed. */
  readonly publicKey: WgKey | undefined
  readonly presharedKey: PresharedKeyWish
}

const idOf = ({ nodeId, interfaceId }: InterfacePlace): string =>
  interfaceAggregateId(nodeId, interfaceId)

export async function addPeer(
  tools: CommandTools,
  place: InterfacePlace,
  peerId: PeerId,
  wish: PeerWish,
  context: CommandContext,
): Promise<InterfaceOutcome> {
  const { log, secrets, now } = tools
  const sealer = await secrets.sealer(
    place.organizationId,
    await enrolmentKeyOf(tools, place.nodeId),
  )
  const { publicKey, privateKey } =
    wish.publicKey === undefined
      ? generateKeyPair()
      : { publicKey: wish.publicKey, privateKey: undefined }
  const preshared = presharedKeyFor(wish)
  const peer: NewPeer = {
    id: peerId,
    settings: wish.settings,
    publicKey,
    privateKey: privateKey && sealer.forOrganization(peerId, 'private_key', privateKey),
    presharedKey: preshared && sealer.forOrganization(peerId, 'preshared_key', preshared),
    presharedKeyForNode: preshared && sealer.forNode(peerId, 'preshared_key', preshared),
  }
  return await log.execute(
    interfaces,
    idOf(place),
    { type: 'AddPeer', peer, now: now() },
    withoutRevision(context),
  )
}

function presharedKeyFor({ presharedKey, publicKey }: PeerWish): WgKey | undefined {
  if (typeof presharedKey === 'object') return presharedKey.key
  if (presharedKey === 'none') return undefined
  const isWanted = presharedKey === 'generate' || publicKey === undefined
  return isWanted ? generatePresharedKey() : undefined
}

export async function updatePeer(
  { log, now }: CommandTools,
  place: InterfacePlace,
  peerId: PeerId,
  changes: Partial<PeerSettings>,
  context: CommandContext,
): Promise<InterfaceOutcome> {
  const { expectedRevision } = context
  return await log.execute(
    interfaces,
    idOf(place),
    { type: 'UpdatePeer', peerId, changes, now: now(), expectedRevision },
    withoutRevision(context),
  )
}

export async function removePeer(
  { log, now }: CommandTools,
  place: InterfacePlace,
  peerId: PeerId,
  context: CommandContext,
): Promise<InterfaceOutcome> {
  const { expectedRevision } = context
  return await log.execute(
    interfaces,
    idOf(place),
    { type: 'RemovePeer', peerId, now: now(), expectedRevision },
    withoutRevision(context),
  )
}

/** `brought` undefined: a key pair is generated, and the private key sealed. */
export async function rotatePeerKey(
  tools: CommandTools,
  place: InterfacePlace,
  peerId: PeerId,
  brought: WgKey | undefined,
  context: CommandContext,
): Promise<InterfaceOutcome> {
  const { log, secrets } = tools
  const { expectedRevision } = context
  let keys: Pick<NewPeer, 'publicKey' | 'privateKey'>
  if (brought === undefined) {
    const { publicKey, privateKey } = generateKeyPair()
    const nodeKey = await enrolmentKeyOf(tools, place.nodeId)
    const sealer = await secrets.sealer(place.organizationId, nodeKey)
    keys = { publicKey, privateKey: sealer.forOrganization(peerId, 'private_key', privateKey) }
  } else {
    keys = { publicKey: brought, privateKey: undefined }
  }
  return await log.execute(
    interfaces,
    idOf(place),
    { type: 'RotatePeerKey', peerId, ...keys, expectedRevision },
    withoutRevision(context),
  )
}

export async function rotatePeerPresharedKey(
  tools: CommandTools,
  place: InterfacePlace,
  peerId: PeerId,
  wish: 'none' | 'generate' | { readonly key: WgKey },
  context: CommandContext,
): Promise<InterfaceOutcome> {
  const { log, secrets } = tools
  const { expectedRevision } = context
  const nodeKey = await enrolmentKeyOf(tools, place.nodeId)
  const sealer = await secrets.sealer(place.organizationId, nodeKey)
  const key = wish === 'none' ? undefined : wish === 'generate' ? generatePresharedKey() : wish.key
  return await log.execute(
    interfaces,
    idOf(place),
    {
      type: 'RotatePeerPresharedKey',
      peerId,
      presharedKey: key && sealer.forOrganization(peerId, 'preshared_key', key),
      presharedKeyForNode: key && sealer.forNode(peerId, 'preshared_key', key),
      expectedRevision,
    },
    withoutRevision(context),
  )
}
