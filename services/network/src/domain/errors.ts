import { defineError } from '@holdfast/errors'

/** Also raised for what the caller may not know of. */
export const NodeNotFound = defineError(
  'network.node_not_found',
  'not_found',
  (d: { node: string }) => `there is no node ${d.node}`,
)
export const InterfaceNotFound = defineError(
  'network.interface_not_found',
  'not_found',
  (d: { interface: string }) => `there is no interface ${d.interface}`,
)
export const PeerNotFound = defineError(
  'network.peer_not_found',
  'not_found',
  (d: { peer: string }) => `there is no peer ${d.peer}`,
)

/** `matches` lists them as `<what> (<id>)`, separated by commas. */
export const AmbiguousName = defineError(
  'network.ambiguous_name',
  'conflict',
  (d: { name: string; matches: string }) =>
    `${d.name} names several: ${d.matches}; use the id, or narrow it down`,
)

/** One object changed since the caller read it. Same code as the log's own, which is about whole aggregates. */
export const ObjectChanged = defineError(
  'stale',
  'stale',
  (d: { expected: bigint; actual: bigint }) =>
    `it changed meanwhile: revision ${d.expected} was expected, ${d.actual} is current`,
)

export const NodeExists = defineError(
  'network.node_exists',
  'conflict',
  (d: { node: string }) => `node ${d.node} is enrolled already, with other keys`,
)
export const NodeNotEmpty = defineError(
  'network.node_not_empty',
  'illegal_state',
  (d: { interfaces: number; heldBy: string }) =>
    `the node still has ${d.interfaces} interface(s); delete them first`,
)

/** Its identity was withdrawn, and what was sealed to its key with it: no restore brings that back. */
export const NodeGone = defineError(
  'network.node_gone',
  'illegal_state',
  (d: { node: string }) =>
    `node ${d.node} was deleted, and its identity with it; enroll the host again and set its interfaces up anew`,
)

export const InterfaceExists = defineError(
  'network.interface_exists',
  'conflict',
  (d: { interface: string }) => `interface ${d.interface} exists already`,
)
/** Ids follow from commands, so this is a command that comes again after everybody has forgotten it. */
export const PeerExists = defineError(
  'network.peer_exists',
  'conflict',
  (d: { peer: string }) => `peer ${d.peer} exists already`,
)
export const InterfaceNameTaken = defineError(
  'network.interface_name_taken',
  'conflict',
  (d: { name: string; heldBy: string }) => `the node has an interface ${d.name} already`,
)
export const ListenPortTaken = defineError(
  'network.listen_port_taken',
  'conflict',
  (d: { listenPort: number; heldBy: string }) =>
    `another interface of the node listens on UDP port ${d.listenPort}`,
)
export const DeviceIsUplink = defineError(
  'network.device_is_uplink',
  'conflict',
  (d: { device: string }) =>
    `${d.device} is an uplink of the node, so no interface can have the name`,
)
export const NoFreeListenPort = defineError(
  'network.no_free_listen_port',
  'exhausted',
  (d: { from: number; to: number }) =>
    `every UDP port from ${d.from} to ${d.to} is taken by an interface of the node; name one`,
)
export const AddressOverlap = defineError(
  'network.address_overlap',
  'conflict',
  (d: { network: string; other: string; interface: string }) =>
    `${d.network} overlaps ${d.other} of interface ${d.interface} on the same node`,
)
export const AddressInUse = defineError(
  'network.address_in_use',
  'conflict',
  (d: { address: string; peer: string }) =>
    `peer ${d.peer} has ${d.address}, which the interface's addresses would no longer allow`,
)

/** `freeAt` is empty when nothing is in quarantine. */
export const PoolExhausted = defineError(
  'network.pool_exhausted',
  'exhausted',
  (d: { network: string; freeAt: string }) =>
    d.freeAt === ''
      ? `${d.network} has no free address; remove a peer or widen the network`
      : `${d.network} has no free address; one in quarantine becomes free at ${d.freeAt}`,
)
export const AddressTaken = defineError(
  'network.address_taken',
  'conflict',
  (d: { address: string; heldBy: string }) => `${d.address} belongs to ${d.heldBy}`,
)
export const AllowedIpTaken = defineError(
  'network.allowed_ip_taken',
  'conflict',
  (d: { prefix: string; heldBy: string }) => `${d.prefix} already routes to ${d.heldBy}`,
)
export const PeerNameTaken = defineError(
  'network.peer_name_taken',
  'conflict',
  (d: { name: string }) => `the interface has a peer named ${d.name} already`,
)
export const PublicKeyTaken = defineError(
  'network.public_key_taken',
  'conflict',
  (d: { heldBy: string }) => `the public key belongs to ${d.heldBy}`,
)
