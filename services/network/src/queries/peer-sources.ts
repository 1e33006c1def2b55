import { gather } from '@holdfast/domain'
import type { Postgres } from '@holdfast/postgres'
import { type InterfaceWithSecrets, interfacesWithSecrets } from './interfaces.ts'
import { type PeerWithSecrets, peersWithSecrets } from './peers.ts'

/** What a peer's configuration is made of. */
export interface PeerSource {
  readonly peer: PeerWithSecrets
  readonly hub: InterfaceWithSecrets
}

/**
 * Reads peers with their interfaces, now or after a sequence, many at once when many are asked for. Whatever organization they are of:
 * the caller has asked for permission already.
 */
export function peerSources(
  postgres: Postgres,
  at?: bigint,
): (peerId: string) => Promise<PeerSource | undefined> {
  return gather(async (peerIds) => {
    const found = await peersWithSecrets(postgres, { peerIds }, at)
    const peers = new Map<string, PeerWithSecrets>(found.map((peer) => [peer.id, peer]))
    const interfaceIds = [...new Set(found.map(({ interfaceId }) => interfaceId))]
    const hubs = new Map<string, InterfaceWithSecrets>(
      (await interfacesWithSecrets(postgres, interfaceIds, at)).map((hub) => [hub.id, hub]),
    )
    return peerIds.map((id) => {
      const peer = peers.get(id)
      const hub = peer && hubs.get(peer.interfaceId)
      return peer && hub ? { peer, hub } : undefined
    })
  })
}
