-- Stored snapshots that are brought back, and validations that wait for their turn. Operational tables: what was changed
-- and what a validation found is in the log. A rebuild leaves them alone; losing them loses reports, and a turn.

-- A restore job is an import (`imports`, of the same id) whose file is fetched from where a backup lies; this is what it
-- has beside. One that undoes another has no import: a restore of the live instance does its work.
create table snapshot_restores (
  job_id uuid primary key,
  -- The same id; null: it undoes another.
  import_id uuid references imports on delete cascade,
  backup_id uuid not null,
  -- Of the backup; null: of the instance.
  organization_id uuid,
  is_dry_run boolean not null,
  allows_without_rollback boolean not null,
  phase text not null default 'fetching'
    check (phase in ('fetching', 'checking', 'rollback_slot', 'restoring')),
  rollback_backup_id uuid,
  -- Why there is none: an error code.
  without_rollback_because text not null default '',
  warnings jsonb not null default '[]',
  -- The job it undoes. The restore that does it, or the plan of a dry run, has this job's id.
  undoes_job_id uuid,
  created_at timestamptz not null default now()
);
create index snapshot_restores_by_time on snapshot_restores (created_at desc, job_id);

-- Organizations whose newest backup is to be validated; one row a run and organization, gone when its verdict is in the log.
create table validation_tasks (
  run_id uuid not null,
  organization_id uuid not null,
  requested_at timestamptz not null default now(),
  next_at timestamptz not null default now(),
  leased_by uuid,
  leased_until timestamptz,
  attempts integer not null default 0,
  primary key (run_id, organization_id)
);
create index validation_tasks_due on validation_tasks (next_at);

-- One row: up to which slot of HOLDFAST_BACKUP_VALIDATION_SCHEDULE runs were begun. What went by meanwhile is made up for
-- once.
create table validation_slots (
  is_only boolean primary key default true check (is_only),
  last_slot_unix_ms bigint not null
);
