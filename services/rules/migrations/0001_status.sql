-- Operational tables: what hosts reported about their firewalls. Not derived from the log, left alone by
-- rebuilds, part of a full backup, and written for the loss of their last seconds: the next reports make up for it.

-- The last word of each host.
create table node_firewalls (
  node_id uuid primary key,
  last_seen_unix_ms bigint not null,
  agent_version text not null,
  -- Null until it spoke of a firewall.
  backend text,
  rule_set_sequence bigint not null,
  policy_version text not null,
  is_enforced boolean not null,
  proven_at_unix_ms bigint not null,
  error text not null,
  -- [[rule id, reason], …]
  troubles jsonb not null,
  pending_apply_id text not null,
  reverted_apply_id text not null
);

-- A row whenever what a host enforces, or says about it, changed: what it enforced at any time.
create table acknowledgements (
  id bigint generated always as identity primary key,
  node_id uuid not null,
  reported_at_unix_ms bigint not null,
  rule_set_sequence bigint not null,
  policy_version text not null,
  proven_at_unix_ms bigint not null,
  is_enforced boolean not null,
  error text not null
);
create index on acknowledgements (node_id, reported_at_unix_ms);

-- Hits since a rule was first seen on a node. `seen_*` is the agent's own count as it stood last, since the start
-- of that instance: the next report is compared with it.
create table rule_counters (
  node_id uuid not null,
  rule_id uuid not null,
  direction text not null check (direction in ('ingress', 'egress')),
  organization_id uuid not null,
  instance_id text not null,
  seen_packets bigint not null,
  seen_bytes bigint not null,
  seen_limited bigint not null,
  packets bigint not null,
  bytes bigint not null,
  limited bigint not null,
  hit_at_unix_ms bigint not null,
  primary key (node_id, rule_id, direction)
);
create index on rule_counters (organization_id, rule_id);

create table rule_hits (
  organization_id uuid not null,
  rule_id uuid not null,
  hour_unix_ms bigint not null,
  packets bigint not null,
  bytes bigint not null,
  limited bigint not null,
  primary key (organization_id, rule_id, hour_unix_ms)
);
create index on rule_hits (hour_unix_ms);

-- How long within an hour a node's counters were watched: without it, "never hit" would prove nothing.
create table node_coverage (
  node_id uuid not null,
  hour_unix_ms bigint not null,
  counted_ms bigint not null,
  primary key (node_id, hour_unix_ms)
);
create index on node_coverage (hour_unix_ms);
