-- Operational tables: what hosts reported last. Not derived from the log, left alone by rebuilds, part of a
-- full backup, and written for the loss of their last seconds: the next reports make up for it.

create table node_status (
  node_id uuid primary key,
  last_seen_unix_ms bigint not null,
  agent_version text not null,
  applied_sequence bigint not null
);

create table interface_status (
  node_id uuid not null,
  interface_id uuid not null,
  applied_sequence bigint not null,
  is_enforced boolean not null,
  error text not null,
  driver text not null,
  drift_repaired bigint not null,
  reported_at_unix_ms bigint not null,
  primary key (node_id, interface_id)
);

-- By key and not by peer: that is what a host knows.
create table peer_status (
  node_id uuid not null,
  interface_id uuid not null,
  public_key text not null,
  latest_handshake_unix_ms bigint not null,
  rx_bytes bigint not null,
  tx_bytes bigint not null,
  endpoint text not null,
  primary key (interface_id, public_key, node_id)
);

-- Readers see it only through peers they may see: the row names no organization and nothing secret.
grant select on peer_status to holdfast_network_reader;
