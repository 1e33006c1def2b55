import { type DesiredInterface, type DesiredPeer, noKey } from '../reconcile/desired.ts'
import { type ObservedWireguard, parseDump } from '../reconcile/observed.ts'
import type { Step } from '../reconcile/plan.ts'
import type { RunTool } from './run-tool.ts'

/** From this many peer steps on, comparing everything at once is cheaper than telling one by one. */
export const syncThreshold = 64
/** Keys a command line takes; well below the kernel's limit on arguments. */
const removalsAtOnce = 500

export const readWireguard = async (run: RunTool, device: string): Promise<ObservedWireguard> =>
  parseDump(await run('wg', ['show', device, 'dump'], { timeoutMs: 20_000 }))

/**
 * Carries out the steps that concern wg(8), with one process where that is possible: `wg set` takes peers
 * away, `wg addconf` sets the few that changed, `wg syncconf` compares the whole when many did. None of
 * them touches the sessions of peers that stay as they are. Secrets go through standard input.
 */
export async function applyWireguard(
  run: RunTool,
  desired: DesiredInterface,
  steps: readonly Step[],
): Promise<void> {
  const { device } = desired
  const removals = steps.flatMap((step) => (step.type === 'RemovePeer' ? [step.publicKey] : []))
  const changed = steps.flatMap((step) => (step.type === 'SetPeer' ? [step.peer] : []))

  if (removals.length + changed.length >= syncThreshold) {
    const withEndpoint = new Set(changed.map((peer) => peer.publicKey))
    // A peer that roamed keeps the endpoint it was heard from, unless its endpoint is to be set.
    const peers = [...desired.peers.values()].map((peer) =>
      renderPeer(peer, withEndpoint.has(peer.publicKey)),
    )
    const input = renderInterface(desired.privateKey, desired.listenPort) + peers.join('')
    await run('wg', ['syncconf', device, '/dev/stdin'], { input, timeoutMs: 60_000 })
    return
  }

  for (let i = 0; i < removals.length; i += removalsAtOnce) {
    const words = removals.slice(i, i + removalsAtOnce).flatMap((key) => ['peer', key, 'remove'])
    await run('wg', ['set', device, ...words])
  }
  const key = steps.find((step) => step.type === 'SetKey')?.privateKey
  const port = steps.find((step) => step.type === 'SetListenPort')?.listenPort
  const input = [
    key !== undefined || port !== undefined ? renderInterface(key, port) : '',
    ...changed.map((peer) => renderPeer(peer, true)),
  ].join('')
  if (input !== '') await run('wg', ['addconf', device, '/dev/stdin'], { input })
}

function renderInterface(privateKey: string | undefined, listenPort: number | undefined): string {
  return [
    '[Interface]\n',
    privateKey === undefined ? '' : `PrivateKey = ${privateKey}\n`,
    listenPort ? `ListenPort = ${listenPort}\n` : '',
  ].join('')
}

/**
 * Everything is said, the absent too: what stands there now may be somebody else's doing. A peer without
 * allowed IPs has no line for them, which takes away those it had.
 */
function renderPeer(peer: DesiredPeer, withEndpoint: boolean): string {
  return [
    '[Peer]\n',
    `PublicKey = ${peer.publicKey}\n`,
    `PresharedKey = ${peer.presharedKey ?? noKey}\n`,
    peer.allowedIps.length > 0 ? `AllowedIPs = ${peer.allowedIps.join(', ')}\n` : '',
    'PersistentKeepalive = off\n',
    withEndpoint && peer.endpoint !== undefined ? `Endpoint = ${peer.endpoint}\n` : '',
  ].join('')
}
