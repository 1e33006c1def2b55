import { readNetwork } from '@holdfast/net'
import type { HostFacts, InterfaceFacts } from '@holdfast/policy'

/** Whose address it is: the peer with the longest prefix around it. */
export interface PeerLookup {
  interfaceIdOf(device: string): string
  /** `address`: 4 or 16 bytes. Empty when no peer has it. */
  peerOf(device: string, address: Uint8Array): string
}

/** Prefixes of one family, by length, the longest first. */
type Table = readonly { readonly length: number; readonly owners: ReadonlyMap<bigint, string> }[]

interface Device {
  readonly interfaceId: string
  readonly table4: Table
  readonly table6: Table
}

export function peerLookup(facts: HostFacts): PeerLookup {
  const devices = new Map(facts.interfaces.map((each) => [each.device, deviceOf(each)]))
  return {
    interfaceIdOf: (device) => devices.get(device)?.interfaceId ?? '',
    peerOf(device, address) {
      const at = devices.get(device)
      if (!at) return ''
      const value = numberOf(address)
      const bits = address.length * 8
      for (const { length, owners } of bits === 32 ? at.table4 : at.table6) {
        const shift = BigInt(bits - length)
        const owner = owners.get((value >> shift) << shift)
        if (owner !== undefined) return owner
      }
      return ''
    },
  }
}

function deviceOf({ id, peers }: InterfaceFacts): Device {
  const tables = { 4: new Map<number, Map<bigint, string>>(), 6: new Map() }
  for (const peer of peers) {
    for (const prefix of peer.prefixes) {
      const { family, first, prefixLength } = readNetwork(prefix)
      const table: Map<number, Map<bigint, string>> = tables[family]
      const owners = table.get(prefixLength) ?? new Map<bigint, string>()
      table.set(prefixLength, owners)
      if (!owners.has(first)) owners.set(first, peer.id)
    }
  }
  const sorted = (table: ReadonlyMap<number, ReadonlyMap<bigint, string>>): Table =>
    [...table].map(([length, owners]) => ({ length, owners })).sort((a, b) => b.length - a.length)
  return { interfaceId: id, table4: sorted(tables[4]), table6: sorted(tables[6]) }
}

function numberOf(address: Uint8Array): bigint {
  const hex = Buffer.from(address.buffer, address.byteOffset, address.byteLength).toString('hex')
  return BigInt(`0x${hex}`)
}
