import type { SealedToNode } from '@holdfast/crypto'
import { defineError } from '@holdfast/errors'
import type { StoredEvent } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import { readFirewall, writeFirewall } from './firewall-settings.ts'
import type { InterfaceSettings, InterfaceState, PeerSettings } from './node-state.ts'

const v1 = holdfast.network.v1

/** The agent decides who may pass, so it never skips a fact it does not understand. */
export const UnknownFact = defineError(
  'agent.unknown_fact',
  'illegal_state',
  (d: { type: string; schema: number }) =>
    `this agent does not know ${d.type} (schema ${d.schema}); it is older than the control plane`,
)

/** The facts of an interface, cut down to what the agent needs. */
export type InterfaceFact =
  | {
      type: 'InterfaceCreated'
      organizationId: string
      settings: InterfaceSettings
      publicKey: Uint8Array
      privateKey: SealedToNode | undefined
    }
  | { type: 'InterfaceUpdated'; settings: InterfaceSettings }
  | { type: 'InterfaceKeyRotated'; publicKey: Uint8Array; privateKey: SealedToNode | undefined }
  | { type: 'InterfaceDeleted' }
  | {
      type: 'PeerAdded'
      peerId: string
      settings: PeerSettings
      publicKey: Uint8Array
      presharedKey: SealedToNode | undefined
    }
  | { type: 'PeerUpdated'; peerId: string; settings: PeerSettings }
  | { type: 'PeerKeyRotated'; peerId: string; publicKey: Uint8Array }
  | { type: 'PeerPresharedKeyRotated'; peerId: string; presharedKey: SealedToNode | undefined }
  | { type: 'PeerRemoved'; peerId: string }

const readers: {
  readonly [T in InterfaceFact['type']]: (data: Uint8Array) => Extract<InterfaceFact, { type: T }>
} = {
  InterfaceCreated(data) {
    const event = v1.InterfaceCreated.decode(data)
    return {
      type: 'InterfaceCreated',
      organizationId: event.organizationId,
      settings: interfaceSettings(event.settings),
      publicKey: event.publicKey,
      privateKey: sealed(event.privateKeyForNode),
    }
  },
  InterfaceUpdated: (data) => ({
    type: 'InterfaceUpdated',
    settings: interfaceSettings(v1.InterfaceUpdated.decode(data).settings),
  }),
  InterfaceKeyRotated(data) {
    const event = v1.InterfaceKeyRotated.decode(data)
    return {
      type: 'InterfaceKeyRotated',
      publicKey: event.publicKey,
      privateKey: sealed(event.privateKeyForNode),
    }
  },
  InterfaceDeleted: () => ({ type: 'InterfaceDeleted' }),
  PeerAdded(data) {
    const event = v1.PeerAdded.decode(data)
    return {
      type: 'PeerAdded',
      peerId: event.peerId,
      settings: peerSettings(event.settings),
      publicKey: event.publicKey,
      presharedKey: sealed(event.presharedKeyForNode),
    }
  },
  PeerUpdated(data) {
    const event = v1.PeerUpdated.decode(data)
    return { type: 'PeerUpdated', peerId: event.peerId, settings: peerSettings(event.settings) }
  },
  PeerKeyRotated(data) {
    const event = v1.PeerKeyRotated.decode(data)
    return { type: 'PeerKeyRotated', peerId: event.peerId, publicKey: event.publicKey }
  },
  PeerPresharedKeyRotated(data) {
    const event = v1.PeerPresharedKeyRotated.decode(data)
    return {
      type: 'PeerPresharedKeyRotated',
      peerId: event.peerId,
      presharedKey: sealed(event.presharedKeyForNode),
    }
  },
  PeerRemoved: (data) => ({ type: 'PeerRemoved', peerId: v1.PeerRemoved.decode(data).peerId }),
}

/** Throws UnknownFact, or what protobuf throws on damaged bytes. */
export function readFact({ type, schema, data }: StoredEvent): InterfaceFact {
  if (schema !== 1 || !Object.hasOwn(readers, type)) throw UnknownFact({ type, schema })
  return readers[type as InterfaceFact['type']](data) // as: looked up on the line above
}

/** The facts that lead to this state from nothing: a snapshot is read by the same fold as the log. */
export function factsOf(state: InterfaceState): StoredEvent[] {
  const { device: name, addresses, listenPort, mtu, isEnabled, firewall } = state.settings
  const created = v1.InterfaceCreated.encode({
    organizationId: state.organizationId,
    settings: {
      name,
      addresses: [...addresses],
      listenPort,
      mtu,
      isEnabled,
      firewall: writeFirewall(firewall),
    },
    publicKey: state.publicKey,
    privateKeyForNode: state.privateKey ?? null,
  }).finish()
  const facts: StoredEvent[] = [{ type: 'InterfaceCreated', schema: 1, data: created }]
  for (const { id, settings, publicKey, presharedKey } of state.peers.values()) {
    const added = v1.PeerAdded.encode({
      peerId: id,
      settings: {
        ...settings,
        addresses: [...settings.addresses],
        allowedIps: [...settings.allowedIps],
      },
      publicKey,
      presharedKeyForNode: presharedKey ?? null,
    }).finish()
    facts.push({ type: 'PeerAdded', schema: 1, data: added })
  }
  if (state.isDeleted) {
    facts.push({ type: 'InterfaceDeleted', schema: 1, data: new Uint8Array() })
  }
  return facts
}

type Optional<T> = T | null | undefined

const interfaceSettings = (
  settings: Optional<holdfast.network.v1.InterfaceSettings.$Properties>,
): InterfaceSettings => ({
  device: settings?.name ?? '',
  addresses: settings?.addresses ?? [],
  listenPort: settings?.listenPort ?? 0,
  mtu: settings?.mtu ?? 0,
  isEnabled: settings?.isEnabled ?? false,
  firewall: readFirewall(settings?.firewall),
})

const peerSettings = (
  settings: Optional<holdfast.network.v1.PeerSettings.$Properties>,
): PeerSettings => ({
  name: settings?.name ?? '',
  addresses: settings?.addresses ?? [],
  allowedIps: settings?.allowedIps ?? [],
  endpoint: settings?.endpoint ?? '',
  isEnabled: settings?.isEnabled ?? false,
  expiresAtUnixMs: settings?.expiresAtUnixMs ?? 0,
})

const nothing = new Uint8Array()

const sealed = (
  value: Optional<holdfast.log.v1.SealedToNode.$Properties>,
): SealedToNode | undefined =>
  value
    ? {
        recipient: value.recipient ?? nothing,
        ephemeralPublicKey: value.ephemeralPublicKey ?? nothing,
        nonce: value.nonce ?? nothing,
        ciphertext: value.ciphertext ?? nothing,
      }
    : undefined
