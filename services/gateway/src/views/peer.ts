import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import {
  component,
  decimal,
  exampleKey,
  flagOut,
  id,
  integerOut,
  listOut,
  textOut,
  time,
  timeOrNull,
  words,
} from './fields.ts'
import { enforcementWord, enforcementWords } from './interface.ts'
import { decimalOf, momentOf, timeOf, wordOf } from './print.ts'

/** In the order of the proto enum, from 1. */
export const peerStatuses = ['new', 'connected', 'disconnected', 'disabled', 'expired'] as const

export const Peer = component('Peer', {
  id: id('Peer id.'),
  organization_id: id('Organization it belongs to.'),
  node_id: id('Node of its interface.'),
  interface_id: id('Its interface.'),
  interface_name: textOut('Name of that interface.', 'wg0'),
  name: textOut('Unique on the interface regardless of case.', 'laptop'),
  public_key: textOut('Base64.', exampleKey),
  addresses: listOut(
    'Single addresses inside the networks of the interface.',
    '10.10.0.2',
    'fd10::2',
  ),
  allowed_ips: listOut('Further networks behind the peer.', '192.168.7.0/24'),
  client_allowed_ips: listOut(
    "What the peer routes through the interface; empty means the interface's choice.",
    '10.0.0.0/8',
  ),
  endpoint: textOut('Where the host reaches the peer; empty when the peer calls.', ''),
  keepalive_seconds: integerOut('Zero is off.', 25),
  dns: listOut("DNS servers; empty means the interface's.", '10.10.0.1'),
  is_enabled: flagOut('A disabled peer is not on the host.', true),
  expires_at: timeOrNull('The host drops the peer at this moment.'),
  has_preshared_key: flagOut('A preshared key is in use.', true),
  has_private_key: flagOut('False when the peer brought its own public key.', true),
  description: textOut('Free text.', 'Work laptop'),
  created_at: time('When it was added.'),
  updated_at: time('When it last changed.'),
  status: words([...peerStatuses, 'unknown'], 'Telemetry: does not move the ETag.'),
  latest_handshake_at: timeOrNull('Telemetry.'),
  rx_bytes: decimal('Received by the host. Telemetry.', '1048576'),
  tx_bytes: decimal('Sent by the host. Telemetry.', '2097152'),
  observed_endpoint: textOut('Where the peer was last seen. Telemetry.', '203.0.113.7:40312'),
  enforcement: words(enforcementWords, 'What the host says: saved and enforced are two facts.'),
  revision: decimal('Moves with every change; the value of the ETag.', '42'),
})

export const printPeer = (p: holdfast.network.v1.Peer.$Properties): Static<typeof Peer> => ({
  id: p.id ?? '',
  organization_id: p.organizationId ?? '',
  node_id: p.nodeId ?? '',
  interface_id: p.interfaceId ?? '',
  interface_name: p.interfaceName ?? '',
  name: p.name ?? '',
  public_key: p.publicKey ?? '',
  addresses: p.addresses ?? [],
  allowed_ips: p.allowedIps ?? [],
  client_allowed_ips: p.clientAllowedIps ?? [],
  endpoint: p.endpoint ?? '',
  keepalive_seconds: p.keepaliveSeconds ?? 0,
  dns: p.dns ?? [],
  is_enabled: p.isEnabled ?? false,
  expires_at: timeOf(p.expiresAtUnixMs),
  has_preshared_key: p.hasPresharedKey ?? false,
  has_private_key: p.hasPrivateKey ?? false,
  description: p.description ?? '',
  created_at: momentOf(p.createdAtUnixMs),
  updated_at: momentOf(p.updatedAtUnixMs),
  status: wordOf(peerStatuses, p.status ?? 0),
  latest_handshake_at: timeOf(p.latestHandshakeUnixMs),
  rx_bytes: decimalOf(p.rxBytes),
  tx_bytes: decimalOf(p.txBytes),
  observed_endpoint: p.observedEndpoint ?? '',
  enforcement: enforcementWord(p.enforcement ?? 0),
  revision: decimalOf(p.revision),
})
