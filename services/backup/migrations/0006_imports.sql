-- Portable snapshots that are brought in, and what became of each of their records. Operational tables: what was changed
-- is in the log; these say how it went. A rebuild leaves them alone, and losing them loses a report.

create table imports (
  import_id uuid primary key,
  -- Who sent the file: kind and id of the actor.
  owner text not null,
  state text not null default 'receiving'
    check (state in ('receiving', 'received', 'running', 'completed', 'failed', 'interrupted')),
  received_bytes bigint not null default 0,
  -- Of the last run.
  is_dry_run boolean not null default false,
  -- What was asked for, without the passphrase.
  wish jsonb,
  organization_id uuid,
  -- JSON, as it stands in the file.
  header text,
  -- Hex, of the file.
  sha256 text not null default '',
  progress smallint not null default 0,
  -- How many records of the file have been dealt with: a run that was interrupted goes on from here.
  done_records bigint not null default 0,
  -- The log before the first write; null: nothing was written.
  rollback_sequence bigint,
  sections jsonb not null default '[]',
  warnings jsonb not null default '[]',
  failure_code text not null default '',
  failure_detail text not null default '',
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  -- The file is kept until then.
  kept_until timestamptz not null default now() + interval '1 hour',
  -- Who runs it, and until when nobody else takes it for interrupted.
  run_by uuid,
  alive_until timestamptz
);
create index imports_by_time on imports (created_at desc, import_id);

create table import_records (
  import_id uuid not null references imports on delete cascade,
  -- In the order of the file; organizations, which are no records, before.
  place integer not null,
  section text not null,
  organization text not null,
  record integer not null,
  outcome text not null,
  name text not null,
  code text not null,
  detail text not null,
  primary key (import_id, place)
);
