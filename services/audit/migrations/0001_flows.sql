-- Recorded flows and what is known of their completeness. Operational tables: telemetry is not in the log, so a
-- rebuild leaves them alone; what FLOWS still holds is read again after a loss.

-- Named as people ask for it (psql: `select * from connection_logs`). Partitions are made and dropped by the service;
-- a row never changes. The rule and peer names are those of the moment.
create table connection_logs (
  id uuid not null,
  first_seen timestamptz not null,
  last_seen timestamptz not null,
  verdict text not null,
  direction text not null,
  protocol text not null,
  source inet not null,
  source_port integer,
  destination inet not null,
  destination_port integer,
  packets bigint not null,
  bytes bigint not null,
  rule_id uuid,
  rule_name text,
  policy_version text,
  node_id uuid not null,
  node_name text not null,
  device text not null,
  interface_id uuid,
  peer_id uuid,
  peer_name text,
  organization_id uuid not null
) partition by range (last_seen);

-- One column each: equal keys share one index entry, which makes five of them 40 bytes a row and lets 20,000 rows a
-- second and more in. The same with last_seen behind the key takes six times the room (bench/flows.ts).
create index on connection_logs (last_seen);
create index on connection_logs (peer_id);
create index on connection_logs (rule_id);
create index on connection_logs (source);
create index on connection_logs (destination);

alter table connection_logs enable row level security;
create policy scope on connection_logs for select to holdfast_audit_reader using (
  (select current_setting('holdfast.organizations', true)) = '*'
  or organization_id = any ((select string_to_array(
    nullif(nullif(current_setting('holdfast.organizations', true), '*'), ''), ',')::uuid[])::uuid[])
);
grant select on connection_logs to holdfast_audit_reader;

-- How far FLOWS is read; moves in the transaction that stores the rows.
create table flow_position (
  is_only boolean primary key default true check (is_only),
  stream text not null,
  sequence bigint not null
);

-- The last batch of each run of an agent, and the numbers before it that have not come.
create table flow_sources (
  node_id uuid not null,
  instance_id text not null,
  last_number bigint not null,
  gaps jsonb not null,
  heard_at timestamptz not null,
  primary key (node_id, instance_id)
);
create index on flow_sources (heard_at);

-- What came and what did not, by ten minutes: a dry run has to say what it has not seen.
-- Rows of the nil node are about the stream as a whole.
create table flow_slots (
  slot timestamptz not null,
  node_id uuid not null,
  organization_id uuid,
  batches bigint not null default 0,
  flows bigint not null default 0,
  lost_flows bigint not null default 0,
  lost_packets bigint not null default 0,
  missing_batches bigint not null default 0,
  malformed_batches bigint not null default 0,
  malformed_flows bigint not null default 0,
  shifted_batches bigint not null default 0,
  refused_flows bigint not null default 0,
  unread_batches bigint not null default 0,
  primary key (slot, node_id)
);

alter table flow_slots enable row level security;
create policy scope on flow_slots for select to holdfast_audit_reader using (
  node_id = '00000000-0000-0000-0000-000000000000'
  or (select current_setting('holdfast.organizations', true)) = '*'
  or organization_id = any ((select string_to_array(
    nullif(nullif(current_setting('holdfast.organizations', true), '*'), ''), ',')::uuid[])::uuid[])
);
grant select on flow_slots to holdfast_audit_reader;
