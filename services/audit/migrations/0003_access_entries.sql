-- Records of the stream ACCESS as rows of the audit trail. Operational: the stream holds them, for as long as it keeps
-- them; rows go with HOLDFAST_AUDIT_RETENTION.

create table access_entries (
  -- The record's own: a record that is delivered again is the same row.
  record_id uuid primary key,
  -- In ACCESS. A stream that was made anew counts from 1 again.
  sequence bigint not null,
  -- Time and sequence in one number: src/entries/position.ts.
  position bigint not null,
  organization_id uuid,
  -- Null when nobody was recognized.
  user_id uuid,
  session_id uuid,
  count bigint not null,
  window_ms bigint not null,
  accounts bigint not null,
  -- 16 bytes; equal sources are equal.
  source_tag bytea,
  -- Where it came from, under the key of ACCESS.
  source_sealed bytea,
  action text not null,
  -- success, failure, denied
  result text not null,
  code text,
  target text,
  words text not null
);
create index on access_entries (position);
create index on access_entries (sequence);
create index on access_entries (organization_id, position) where organization_id is not null;
create index on access_entries (user_id, position) where user_id is not null;
create index on access_entries (session_id, position) where session_id is not null;
create index on access_entries (action, position);
create index on access_entries (result, position);
create index on access_entries (source_tag, position) where source_tag is not null;
create index on access_entries using gin (array_to_tsvector(string_to_array(words, ' ')));

alter table access_entries enable row level security;
create policy scope on access_entries for select to holdfast_audit_reader using (
  (select current_setting('holdfast.organizations', true)) = '*'
  or organization_id = any ((select string_to_array(
    nullif(nullif(current_setting('holdfast.organizations', true), '*'), ''), ',')::uuid[])::uuid[])
);
grant select on access_entries to holdfast_audit_reader;

-- Where sessions were seen: a change in the log names its session, and nothing else says where that came from.
create table session_sources (
  session_id uuid not null,
  source_tag bytea not null,
  record_id uuid not null,
  source_sealed bytea,
  -- Of the first record of this session from there.
  position bigint not null,
  -- Of the last one.
  last_position bigint not null,
  primary key (session_id, source_tag)
);
create index on session_sources (source_tag);
create index on session_sources (last_position);

-- How far ACCESS is read; moves in the transaction that stores the rows.
create table access_position (
  is_only boolean primary key default true check (is_only),
  stream text not null,
  sequence bigint not null
);
