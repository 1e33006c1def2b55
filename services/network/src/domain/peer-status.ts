/** In the order of the proto enum, from 1. */
export const peerStatuses = ['new', 'connected', 'disconnected', 'disabled', 'expired'] as const
export type PeerStatus = (typeof peerStatuses)[number]

/** WireGuard renews a session in use every two minutes and drops it after three. */
export const connectedForMs = 180_000

/**
 * What a person wants to know about a peer, first things first: switched off, then expired, then what the
 * host saw. All times in ms since 1970; 0 is never.
 */
export function peerStatus(
  peer: { readonly isEnabled: boolean; readonly expiresAtUnixMs: number },
  latestHandshakeUnixMs: number,
  now: number,
): PeerStatus {
  if (!peer.isEnabled) return 'disabled'
  if (peer.expiresAtUnixMs > 0 && peer.expiresAtUnixMs <= now) return 'expired'
  if (latestHandshakeUnixMs === 0) return 'new'
  return latestHandshakeUnixMs > now - connectedForMs ? 'connected' : 'disconnected'
}
