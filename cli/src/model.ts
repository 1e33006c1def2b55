/** The objects of the REST contract, as far as tables show them; docs/api.md has them whole. */
export interface Organization {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly created_at: string
}

export interface Site extends Organization {
  readonly organization_id: string
}

export interface User {
  readonly id: string
  readonly username: string
  readonly email: string
  readonly display_name: string
  readonly is_disabled: boolean
  readonly bindings: readonly { readonly role: string; readonly organization_id: string | null }[]
}

export interface NodeObject {
  readonly id: string
  readonly name: string
  readonly hostname: string
  readonly platform: string
  readonly endpoint_host: string
  readonly is_online: boolean
  readonly last_seen_at: string | null
  readonly agent_version: string
  readonly applied_sequence: string
}

export interface Enforcement {
  readonly state: string
  readonly error: string
  readonly driver: string
}

export interface Interface {
  readonly id: string
  readonly name: string
  readonly node_id: string
  readonly node_name: string
  readonly addresses: readonly string[]
  readonly listen_port: number
  readonly mtu: number
  readonly dns: readonly string[]
  readonly endpoint: string
  readonly public_key: string
  readonly peer_count: number
  readonly is_enabled: boolean
  readonly enforcement: Enforcement
}

export interface Peer {
  readonly id: string
  readonly name: string
  readonly interface_id: string
  readonly interface_name: string
  readonly public_key: string
  readonly addresses: readonly string[]
  readonly allowed_ips: readonly string[]
  readonly endpoint: string
  readonly keepalive_seconds: number
  readonly is_enabled: boolean
  readonly expires_at: string | null
  readonly has_private_key: boolean
  readonly status: string
  readonly enforcement: string
  readonly latest_handshake_at: string | null
  readonly rx_bytes: string
  readonly tx_bytes: string
}
