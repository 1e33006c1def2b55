-- Jobs that make backups, and objects that are to be removed. Operational tables: what is under way. A rebuild leaves
-- them alone; they are part of a full backup, and losing their last seconds costs work that is done again.

-- One row a backup, made before the log hears of it: a request in the log without its row is a job that was lost.
create table backup_jobs (
  backup_id uuid primary key,
  -- Order of their turns.
  place bigint generated always as identity,
  organization_id uuid,
  kind text not null,
  storage_location_id uuid not null,
  state text not null default 'pending' check (state in ('pending', 'running', 'verifying', 'ended')),
  object_key text not null,
  -- Encoded `holdfast.log.v1.Sealed`; gone when the job is over.
  passphrase bytea,
  created_at timestamptz not null default now(),
  -- Not before: the log has not heard of it yet, or could not be asked.
  next_at timestamptz not null default now(),
  -- Who makes it, and until when nobody else may.
  leased_by uuid,
  leased_until timestamptz,
  attempts integer not null default 0,
  -- What people were shown, which never falls: a job that begins again is silent until it is further than before.
  progress smallint not null default 0,
  -- [[progress, ms since 1970], …]
  steps jsonb not null default '[]',
  step text not null default '',
  uploaded_bytes bigint not null default 0,
  -- From then on something of it may lie at the location.
  upload_began boolean not null default false,
  -- What was made and hashed, as long as its file is in the spool: an upload that broke off begins from it.
  made jsonb,
  ended_at timestamptz
);
create index backup_jobs_open on backup_jobs (place) where state <> 'ended';
create index backup_jobs_ended on backup_jobs (ended_at) where state = 'ended';

-- Objects to remove: of backups that are deleted, and what jobs that failed or were cancelled may have left.
create table backup_removals (
  backup_id uuid primary key,
  storage_location_id uuid not null,
  -- Empty: there never was one.
  object_key text not null,
  -- Why the record goes along; null: it stays.
  cause text,
  -- Whose command that is.
  context jsonb,
  requested_at timestamptz not null default now(),
  next_at timestamptz not null default now(),
  leased_until timestamptz,
  attempts integer not null default 0,
  failure text not null default ''
);
create index backup_removals_due on backup_removals (next_at);
