import { readNetwork } from '@holdfast/net'
import { type Family, families } from './family.ts'
import type { Prefix } from './intermediate.ts'
import type { InterfaceFacts } from './model.ts'
import { prefixesBetween } from './prefix.ts'

/** The addresses of a peer as prefixes, ascending, none of them another peer's. */
export type Region = Readonly<Record<Family, readonly Prefix[]>>

const emptyRegion: Region = { 4: [], 6: [] }

/** Of one interface, for each peer by id. Peers without an address are absent. */
export type PeerRegions = ReadonlyMap<string, Region>

const known = new WeakMap<InterfaceFacts, PeerRegions>()

/**
 * Which addresses are whose. As in WireGuard the longest prefix wins, so what a peer has is what its
 * prefixes hold less the longer ones of others: a rule against an exit node with 0.0.0.0/0 must not hit
 * every other peer.
 */
export function peerRegions(facts: InterfaceFacts): PeerRegions {
  const before = known.get(facts)
  if (before !== undefined) return before
  const regions = new Map<string, Record<Family, Prefix[]>>()
  for (const family of families) {
    for (const { peerId, first, last } of owned(facts, family)) {
      let region = regions.get(peerId)
      if (region === undefined) {
        region = { 4: [], 6: [] }
        regions.set(peerId, region)
      }
      for (const prefix of prefixesBetween(family, first, last)) region[family].push(prefix)
    }
  }
  known.set(facts, regions)
  return regions
}

export const regionOf = (facts: InterfaceFacts, peerId: string): Region =>
  peerRegions(facts).get(peerId) ?? emptyRegion

interface Span {
  readonly peerId: string
  readonly first: bigint
  readonly last: bigint
}

/** Spans that do not overlap, ascending; neighbours of one peer are one. */
function owned(facts: InterfaceFacts, family: Family): Span[] {
  const spans: Span[] = []
  const emit = (peerId: string, first: bigint, last: bigint): void => {
    if (first > last) return
    const before = spans.at(-1)
    if (before !== undefined && before.peerId === peerId && before.last + 1n === first) {
      spans[spans.length - 1] = { ...before, last }
    } else spans.push({ peerId, first, last })
  }
  // Prefixes are nested or apart, so a stack holds the ones around the cursor, the longest on top.
  const open: Span[] = []
  let cursor = 0n
  const closeBefore = (next: bigint | undefined): void => {
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      if (next !== undefined && top.last >= next) return
      emit(top.peerId, cursor, top.last)
      if (top.last >= cursor) cursor = top.last + 1n
      open.pop()
    }
  }
  for (const span of prefixSpans(facts, family)) {
    closeBefore(span.first)
    const around = open.at(-1)
    if (around !== undefined) emit(around.peerId, cursor, span.first - 1n)
    cursor = span.first
    open.push(span)
  }
  closeBefore(undefined)
  return spans
}

/** By first address, the wider first; of equal ones the last in the list wins, as in WireGuard. */
function prefixSpans(facts: InterfaceFacts, family: Family): Span[] {
  const spans: Span[] = []
  for (const peer of facts.peers) {
    for (const cidr of peer.prefixes) {
      const network = readNetwork(cidr)
      if (network.family !== family) continue
      spans.push({ peerId: peer.id, first: network.first, last: network.last })
    }
  }
  return spans.sort((a, b) => order(a.first, b.first) || order(b.last, a.last))
}

const order = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
