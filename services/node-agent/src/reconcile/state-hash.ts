import { createHash } from 'node:crypto'
import type { DesiredInterface } from './desired.ts'
import type { ObservedDevice } from './observed.ts'

interface Comparable {
  readonly device: string
  readonly privateKey: string
  readonly listenPort: number
  readonly mtu: number
  readonly addresses: readonly string[]
  readonly routes: readonly string[]
  readonly peers: ReadonlyMap<
    string,
    { readonly presharedKey: string | undefined; readonly allowedIps: readonly string[] }
  >
}

/**
 * SHA-256 of what is enforced, in one canonical order. A device equal to its wish has the hash of the wish.
 * Endpoints are left out, since peers roam; keys are in, and no hash gives 256 random bits away.
 */
function hash(state: Comparable): Uint8Array {
  const { device, privateKey, listenPort, mtu } = state
  const digest = createHash('sha256')
  digest.update(`holdfast/1|interface|${device}|${privateKey}|${listenPort}|${mtu}\n`)
  digest.update(`${state.addresses.join()}|${state.routes.join()}\n`)
  const lines: string[] = []
  for (const [publicKey, { presharedKey, allowedIps }] of state.peers) {
    lines.push(`${publicKey}|${presharedKey ?? ''}|${allowedIps.join()}\n`)
  }
  return digest.update(lines.sort().join('')).digest()
}

export const desiredHash = (desired: DesiredInterface): Uint8Array => hash(desired)

/** Port zero is the kernel's choice, so any port is as wanted then. */
export const observedHash = (observed: ObservedDevice, desired: DesiredInterface): Uint8Array =>
  hash(desired.listenPort === 0 ? { ...observed, listenPort: 0 } : observed)
