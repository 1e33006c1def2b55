import type { SealContext } from '@holdfast/crypto'
import type { InterfaceState, PeerState } from './node-state.ts'

/** Where `network` sealed an interface's private key. */
export const privateKeyContext = (state: InterfaceState): SealContext => ({
  ownerId: state.organizationId,
  objectId: state.id,
  field: 'private_key',
})

/** Where `network` sealed a peer's preshared key. */
export const presharedKeyContext = (state: InterfaceState, peer: PeerState): SealContext => ({
  ownerId: state.organizationId,
  objectId: peer.id,
  field: 'preshared_key',
})
