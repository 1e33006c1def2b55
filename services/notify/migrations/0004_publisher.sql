-- How far the log is published in EVENTS. An operational table: losing its last seconds costs events that come twice,
-- with the same ids.
create table publisher_position (
  is_only boolean primary key default true check (is_only),
  lineage_id uuid not null,
  -- Of another generation: what happened before a restore is not told again.
  generation integer not null,
  sequence bigint not null,
  -- Of the commit at `sequence`; empty before the first.
  hash bytea not null
);
