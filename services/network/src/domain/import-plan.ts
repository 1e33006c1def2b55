import {
  addressOf,
  type Cidr,
  hostRange,
  type IpAddress,
  ipNumber,
  isHook,
  overlaps,
  parseInterfaceName,
  parseWgQuick,
  readNetwork,
  singleAddress,
  suggestInterfaceName,
  type WgKey,
  type WgQuickFile,
  type WgQuickPeer,
} from '@holdfast/net'
import { defaultFirewall } from '@holdfast/policy'
import { importedName } from './imported-name.ts'
import { nameKey } from './interface-state.ts'
import {
  defaultMtu,
  defaultQuarantineSeconds,
  type InterfaceSettings,
  networksOf,
  type PeerSettings,
} from './settings.ts'

export interface ImportNote {
  /** An `error` stops the import, a `warning` does not. */
  readonly level: 'error' | 'warning'
  readonly code: string
  readonly detail: string
  /** Line of the file, from 1; 0 when it concerns the whole. */
  readonly line: number
}

export interface PlannedPeer {
  readonly settings: PeerSettings
  readonly publicKey: WgKey
  readonly presharedKey: WgKey | undefined
}

/** What importing a file would do. Not to be carried out when a note is an error. */
export interface ImportPlan {
  /** Listen port 0 when the file names none. */
  readonly settings: InterfaceSettings
  /** Undefined when the file has none: a pair is generated then. */
  readonly privateKey: WgKey | undefined
  readonly peers: readonly PlannedPeer[]
  readonly notes: readonly ImportNote[]
}

/** Beyond this, warnings are left out. Errors never are: a plan without one may be carried out. */
const maxWarnings = 200
/** Values of such lines would stand in the log in the clear. */
const looksSecret = /key|secret|token|passw/i

/**
 * Reads a host's wg-quick(8) file. Peers' single addresses inside the interface's networks become their
 * addresses, everything else their allowed IPs; `publicKeyOf` derives the interface's public key.
 */
export function planImport(
  config: string,
  requestedName: string,
  publicKeyOf: (privateKey: WgKey) => WgKey,
): ImportPlan {
  const { file, problems } = parseWgQuick(config)
  const notes: ImportNote[] = problems.map((problem) => ({ level: 'error', ...problem }))
  let warnings = 0
  const note = (level: ImportNote['level'], code: string, detail: string, line = 0): void => {
    if (level === 'warning' && warnings++ >= maxWarnings) return
    notes.push({ level, code, detail, line })
  }

  const settings = interfaceSettings(file, requestedName, note)
  const { privateKey } = file.interface
  if (!privateKey && problems.length === 0) {
    const detail =
      'the file has no PrivateKey: a new key pair is made, and every peer needs its public key'
    note('warning', 'private_key_missing', detail)
  }
  const ownKey = privateKey && publicKeyOf(privateKey)
  return { settings, privateKey, peers: plannedPeers(file, settings, ownKey, note), notes }
}

type Note = (level: ImportNote['level'], code: string, detail: string, line?: number) => void

function interfaceSettings(file: WgQuickFile, requested: string, note: Note): InterfaceSettings {
  const section = file.interface
  const asked = parseInterfaceName(requested)
  const name = asked.ok ? asked.value : suggestInterfaceName(requested)
  if (!asked.ok) {
    note('warning', 'interface_renamed', `the name '${requested.slice(0, 60)}' becomes ${name}`)
  }
  if (section.addresses.length === 0) {
    note('error', 'address_missing', 'the [Interface] has no Address')
  }
  for (const address of section.addresses) {
    const network = readNetwork(address)
    const { first, last } = hostRange(network)
    const { value } = ipNumber(addressOf(address))
    if (value < first || value > last) {
      note('error', 'address_not_host', `${address} is not an address a host may have`)
    }
  }
  const networks = networksOf(section.addresses)
  networks.forEach((network, i) => {
    if (networks.slice(0, i).some((other) => overlaps(network, other))) {
      note('error', 'address_overlap', 'networks of the interface overlap each other')
    }
  })
  if (section.dns.length > 0) {
    note('warning', 'dns_for_clients', 'DNS becomes what clients are told; the host keeps its own')
  }
  if (section.mtu !== undefined && section.mtu > 9000) {
    note('error', 'out_of_range', 'MTU must be from 576 to 9000')
  }
  const kept = section.others.filter(({ key, line = 0 }) => {
    if (!looksSecret.test(key)) return true
    note('warning', 'directive_dropped', `${key} may hold a secret and is not kept`, line)
    return false
  })
  for (const directive of kept) {
    const { key, line = 0 } = directive
    if (isHook(directive)) {
      note('warning', 'directive_not_run', `${key} is kept for export and never run`, line)
    } else {
      note('warning', 'directive_unknown', `${key} is kept for export and has no effect`, line)
    }
  }
  return {
    name,
    addresses: section.addresses,
    listenPort: section.listenPort ?? 0,
    mtu: section.mtu ?? defaultMtu,
    dns: section.dns,
    endpoint: '',
    clientAllowedIps: [],
    isEnabled: true,
    extraDirectives: kept.map(({ key, value }) => `${key} = ${value}`),
    addressQuarantineSeconds: defaultQuarantineSeconds,
    firewall: defaultFirewall,
  }
}

function plannedPeers(
  file: WgQuickFile,
  settings: InterfaceSettings,
  ownKey: WgKey | undefined,
  note: Note,
): PlannedPeer[] {
  const names = new Map<string, number>()
  const keys = new Map<WgKey, number>(ownKey ? [[ownKey, 0]] : [])
  const routes = new Map<Cidr, number>()
  const networks = networksOf(settings.addresses)
  const own = new Set<string>(settings.addresses.map(addressOf))

  /** The address of a route that leads to one host of the interface's networks. */
  const peerAddress = (route: Cidr): IpAddress | undefined => {
    const address = singleAddress(route)
    if (!address) return undefined
    const { family, value } = ipNumber(address)
    const isHost = networks.some((network) => {
      const { first, last } = hostRange(network)
      return network.family === family && value >= first && value <= last
    })
    return isHost ? address : undefined
  }

  return file.peers.map((peer, i) => {
    const line = peer.line ?? 0
    const holder = keys.get(peer.publicKey)
    if (holder !== undefined) {
      const whose = holder === 0 ? "the interface's own" : `that of the peer in line ${holder}`
      note('error', 'public_key_taken', `the PublicKey is ${whose}`, line)
    }
    keys.set(peer.publicKey, line)
    for (const directive of peer.others) {
      const { key } = directive
      note('warning', 'directive_dropped', `${key} of a peer is not kept`, directive.line ?? line)
    }

    const allowedIps: Cidr[] = []
    const addresses: IpAddress[] = []
    for (const route of new Set(peer.allowedIps)) {
      const address = peerAddress(route)
      const held = routes.get(route)
      if (held !== undefined) {
        const detail = `${route} already routes to the peer in line ${held}; WireGuard would move it here`
        note('error', 'allowed_ip_taken', detail, line)
      }
      if (own.has(singleAddress(route) ?? '')) {
        note('error', 'address_taken', `${route} is the interface's own address`, line)
      }
      routes.set(route, line)
      if (address) addresses.push(address)
      else allowedIps.push(route)
    }
    if (addresses.length === 0) {
      const detail = 'has no address inside the networks of the interface'
      note('warning', 'peer_without_address', detail, line)
    }
    return {
      settings: {
        name: uniqueName(peer, i, names, note),
        addresses,
        allowedIps,
        clientAllowedIps: [],
        endpoint: peer.endpoint ?? '',
        keepaliveSeconds: peer.keepaliveSeconds ?? 0,
        isEnabled: true,
        expiresAtUnixMs: 0,
        dns: [],
        description: '',
      },
      publicKey: peer.publicKey,
      presharedKey: peer.presharedKey,
    }
  })
}

/** The name a comment gives, or `peer-<n>`; with a number when it is taken. */
function uniqueName(
  peer: WgQuickPeer,
  index: number,
  taken: Map<string, number>,
  note: Note,
): string {
  const line = peer.line ?? 0
  const given = importedName(peer.comments)
  const wanted = given ?? `peer-${index + 1}`
  if (given === undefined) note('warning', 'peer_unnamed', `is called ${wanted}`, line)
  // The number each name goes on from, so that a thousand peers of one name are not a million tries.
  let name = wanted
  let next = taken.get(nameKey(wanted)) ?? 1
  while (taken.has(nameKey(name))) name = `${[...wanted].slice(0, 120).join('')}-${++next}`
  taken.set(nameKey(wanted), next)
  if (name !== wanted) {
    taken.set(nameKey(name), 1)
    note('warning', 'peer_renamed', `the name ${wanted} is taken; it is called ${name}`, line)
  }
  return name
}
