import type { Suite } from './suite.ts'

/** Mulberry32: the same history for the same seed. */
export function dice(state: number): () => number {
  let a = state
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

export interface RandomLife {
  /** Something happens, or would have. */
  step(): Promise<void>
  /** Below 1. */
  readonly roll: () => number
  pick<T>(items: readonly T[]): T | undefined
  /** Its interface and its id. */
  anyPeer(): readonly [string, string] | undefined
  anyInterface(): string | undefined
  /** After something else has changed what there is. */
  lookAround(): Promise<void>
}

/** A random life: interfaces and peers on these nodes that come, change and go, the same one for the same seed. */
export function randomLife(suite: Suite, nodes: readonly string[], seed: number): RandomLife {
  const roll = dice(seed)
  const below = (n: number): number => Math.floor(roll() * n)
  const pick = <T>(items: readonly T[]): T | undefined => items[below(items.length)]
  const interfaces = new Map<string, Set<string>>()
  let made = 0
  const anyPeer = (): readonly [string, string] | undefined => {
    const on = pick([...interfaces].filter(([, peers]) => peers.size > 0))
    const peer = on && pick([...on[1]])
    return on && peer !== undefined ? [on[0], peer] : undefined
  }
  const deeds: (() => Promise<unknown>)[] = [
    async () => {
      const n = ++made
      const addresses = [`10.${n % 250}.${Math.floor(n / 250)}.1/24`]
      const { interface: one } = await suite.interfaces.createInterface({
        node: pick(nodes) ?? '',
        name: `wg${n}`,
        addresses,
      })
      interfaces.set(one?.id ?? '', new Set())
    },
    async () => {
      const id = pick([...interfaces.keys()])
      if (id !== undefined) await suite.interfaces.updateInterface({ id, mtu: 1280 + below(200) })
    },
    async () => {
      const id = pick([...interfaces.keys()])
      if (id !== undefined) await suite.interfaces.rotateInterfaceKey({ id })
    },
    async () => {
      const id = interfaces.size > 4 ? pick([...interfaces.keys()]) : undefined
      if (id === undefined) return
      await suite.interfaces.deleteInterface({ id })
      interfaces.delete(id)
    },
    async () => {
      const id = pick(nodes) ?? ''
      await suite.nodes.updateNode({ id, endpointHost: `vpn${below(50)}.example.org` })
    },
    async () => {
      const found = anyPeer()
      if (!found) return
      await suite.peers.deletePeer({ id: found[1] })
      interfaces.get(found[0])?.delete(found[1])
    },
    async () => {
      const found = anyPeer()
      if (found) await suite.peers.rotatePeerKey({ id: found[1] })
    },
    async () => {
      const found = anyPeer()
      if (found) await suite.peers.rotatePeerPresharedKey({ id: found[1] })
    },
  ]
  const common: (() => Promise<unknown>)[] = [
    async () => {
      const interfaceId = pick([...interfaces.keys()])
      if (interfaceId === undefined) return
      const { peer } = await suite.peers.createPeer({ interfaceId, name: `peer-${++made}` })
      interfaces.get(interfaceId)?.add(peer?.id ?? '')
    },
    async () => {
      const found = anyPeer()
      if (found) await suite.peers.updatePeer({ id: found[1], keepaliveSeconds: below(60) })
    },
  ]

  return {
    roll,
    pick,
    anyPeer,
    anyInterface: () => pick([...interfaces.keys()]),
    async lookAround() {
      await suite.settled()
      interfaces.clear()
      const found = await suite.interfaces.listInterfaces({ limit: 1000 })
      for (const { id } of found.interfaces ?? []) interfaces.set(id ?? '', new Set())
      const { peers } = await suite.peers.listPeers({ limit: 1000 })
      for (const { id, interfaceId } of peers ?? []) {
        interfaces.get(interfaceId ?? '')?.add(id ?? '')
      }
    },
    async step() {
      if (interfaces.size === 0) await deeds[0]?.()
      else await pick(roll() < 0.6 ? common : deeds)?.()
    },
  }
}
