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

/** How packets are treated that no rule decides. */
export interface FirewallSettings {
  readonly default_verdict: string
  readonly stateful: boolean
  readonly drop_fragments: boolean
  readonly unparsable_verdict: string
}

export interface Uplink extends FirewallSettings {
  readonly device: string
}

export interface NodeFirewall {
  readonly backend: string
  readonly is_enforced: boolean
  readonly error: string
  readonly policy_version: string
  readonly proven_at: string | null
  readonly devices: readonly {
    readonly device: string
    readonly ingress_hook: string
    readonly egress_hook: string
    readonly error: string
  }[]
  readonly troubles: readonly { readonly rule_id: string | null; readonly reason: string }[]
  readonly capabilities: readonly {
    readonly name: string
    readonly is_available: boolean
    readonly reason: string
    readonly minimum_kernel: string
    readonly without: string
  }[]
  readonly pending_apply_id: string
  readonly pending_until: string | null
  readonly reverted_apply_id: string
  readonly rules: number
  readonly drift_repaired: number
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
  readonly uplinks: readonly Uplink[]
  /** Null when the agent never spoke of one. */
  readonly firewall: NodeFirewall | null
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
  readonly firewall: FirewallSettings
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

export interface NodeTrouble {
  readonly node_name: string
  readonly reason: string
}

export interface RuleSettings {
  readonly name: string
  readonly action: string
  readonly direction: string
  readonly protocol: string
  readonly src: string | null
  readonly dst: string | null
  readonly src_port_from: number | null
  readonly src_port_to: number | null
  readonly dst_port_from: number | null
  readonly dst_port_to: number | null
  readonly rate_pps: number | null
  readonly rate_burst: number | null
  readonly rate_scope: string | null
  readonly priority: number
  readonly active: boolean
  readonly continue: boolean
  readonly log: boolean
  readonly target: { readonly kind: string; readonly id: string | null }
  readonly expires_at: string | null
  readonly tags: readonly string[]
  readonly description: string
}

export interface Rule extends RuleSettings {
  readonly id: string
  readonly position: number
  readonly updated_at: string
  readonly updated_by: { readonly kind: string; readonly id: string }
  readonly enforcement: {
    readonly state: string
    readonly nodes: number
    readonly enforced: number
    readonly troubles: readonly NodeTrouble[]
  }
  readonly counters: {
    readonly ingress_packets: string
    readonly ingress_bytes: string
    readonly egress_packets: string
    readonly egress_bytes: string
    readonly limited_packets: string
    readonly packets_per_second: number
    readonly last_hit_at: string | null
  } | null
  readonly warnings?: readonly string[]
}

export interface RuleChange {
  readonly sequence: string
  readonly time: string
  readonly rule_name: string
  readonly kind: string
  readonly actor: { readonly kind: string; readonly id: string }
  readonly reason: string
  readonly change_set: string
  readonly fields: readonly {
    readonly field: string
    readonly before: unknown
    readonly after: unknown
  }[]
}

export interface Packet {
  readonly src: string
  readonly dst: string
  readonly protocol: string
  readonly src_port: number
  readonly dst_port: number
  readonly direction: string
}

export interface PacketVerdict {
  readonly packet: Packet
  readonly verdict: string
  readonly decided_by: string
  readonly rule_name: string
  readonly logged_by: readonly string[]
  readonly trace: readonly {
    readonly rule_name: string
    readonly is_match: boolean
    readonly reason: string
  }[]
}

export interface Flow {
  readonly id: string
  readonly last_seen_at: string
  readonly verdict: string
  readonly direction: string
  readonly protocol: string
  readonly source: string
  readonly source_port: number | null
  readonly destination: string
  readonly destination_port: number | null
  readonly packets: string
  readonly bytes: string
  readonly node_name: string | null
  readonly device: string
  readonly peer_name: string | null
  readonly rule_name: string | null
}

export interface FlowSummaries {
  readonly items: readonly (Omit<Flow, 'id' | 'node_name' | 'peer_name' | 'rule_name'> & {
    readonly records: string
  })[]
  readonly coverage: readonly string[]
}

export interface Checkpoint {
  readonly size: string
  readonly root: string
  readonly note: string
  readonly signed_at: string
  readonly witnesses: readonly string[]
}

export interface ConsistencyProof {
  readonly from_size: string
  readonly to_size: string
  readonly from_root: string
  readonly to_root: string
  readonly path: readonly string[]
}

export interface AccessTree {
  readonly epoch: string
  readonly first_sequence: string
  readonly size: string
  readonly checkpoint_size: string
  readonly ended_at: string | null
  readonly ended_because: string
}
export interface AuditKey {
  readonly verifier_key: string
  readonly since_sequence: string
  readonly is_active: boolean
}

export interface Witness {
  readonly node_id: string
  readonly verifier_key: string
  readonly size: string
  readonly cosigned_at: string | null
  readonly refusal: string
}

export interface LogEntry {
  readonly sequence: string
  readonly subject: string
  readonly message_id: string
  readonly payload: string
  readonly organization_id: string | null
  readonly actor: { readonly kind: string; readonly id: string }
  readonly time: string
  readonly reason: string
  readonly events: readonly string[]
}

export interface LogVolume {
  readonly name: string
  readonly directory: string
  readonly free_bytes: string
  readonly total_bytes: string
  readonly reserve_bytes: string
}

export interface LogIncident {
  readonly at: string
  readonly kind: string
  readonly detail: string
  readonly first_sequence: string | null
  readonly last_sequence: string | null
}

export interface LogState {
  readonly writes: 'open' | 'checking' | 'exhausted' | 'frozen' | 'unknown'
  readonly reason: string
  readonly first_bad_sequence: string | null
  readonly durability: string
  readonly lineage_id: string
  readonly generation: number
  readonly last_sequence: string
  readonly archived_sequence: string
  readonly verified_sequence: string
  readonly verified_at: string | null
  readonly log_bytes: string
  readonly log_max_bytes: string
  readonly archive: {
    readonly directory: string
    readonly segments: string
    readonly bytes: string
    readonly sealed_sequence: string
  }
  readonly volumes: readonly LogVolume[]
  readonly incidents: readonly LogIncident[]
}

export interface LogVerification {
  readonly is_equal: boolean
  readonly compared: string
  readonly first_bad_sequence: string | null
  readonly detail: string
  readonly took_ms: number
}

export interface Subscriber {
  readonly id: string
  readonly organization_id: string | null
  readonly name: string
  readonly actions: readonly string[]
  readonly subjects: readonly string[]
  readonly consumer: string
  readonly created_at: string
}

export interface SubscriberCredentials {
  readonly subscriber: Subscriber
  readonly credentials: string
}

export interface NewSubscriber extends SubscriberCredentials {
  readonly servers: readonly string[]
  readonly ca_certificate: string
  readonly stream: string
}
