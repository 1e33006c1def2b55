-- Restores on the live instance: plans that were made, and jobs under way. Operational tables: that a restore began and
-- how it ended is in the log. A rebuild leaves them alone; losing them loses plans, and a job that was under way.

create table restore_plans (
  plan_id uuid primary key,
  state text not null default 'making' check (state in ('making', 'ready', 'failed')),
  to_sequence bigint not null,
  to_unix_ms bigint not null,
  -- What it is compared with.
  head_sequence bigint not null default 0,
  only_what text[] not null,
  organization_id uuid,
  -- Only what commits with this reason touched; empty: everything.
  touched_by text not null default '',
  undoes uuid,
  actor jsonb not null,
  digest text not null default '',
  -- {create, update, delete, blocked}, and the same by kind.
  counts jsonb not null default '{"create":0,"update":0,"delete":0,"blocked":0}',
  kinds jsonb not null default '{}',
  -- {nodes, organizations}: changes by id.
  reach jsonb not null default '{"nodes":{},"organizations":{}}',
  warnings jsonb not null default '[]',
  estimated_ms bigint not null default 0,
  is_measured boolean not null default false,
  failure_code text not null default '',
  failure_detail text not null default '',
  created_at timestamptz not null default now(),
  next_at timestamptz not null default now(),
  attempts integer not null default 0,
  leased_by uuid,
  leased_until timestamptz
);
create index restore_plans_open on restore_plans (next_at) where state = 'making';
create index restore_plans_by_time on restore_plans (created_at);

create table restore_plan_changes (
  plan_id uuid not null references restore_plans on delete cascade,
  place integer not null,
  service text not null,
  kind text not null,
  object_id text not null,
  name text not null,
  organization_id text not null,
  change text not null,
  -- [{field, before, after}], values JSON text.
  fields jsonb not null,
  aggregate_id text not null default '',
  code text not null default '',
  reason text not null default '',
  primary key (plan_id, place)
);

create table restore_jobs (
  restore_id uuid primary key,
  state text not null default 'pending' check (state in ('pending', 'running', 'ended')),
  to_sequence bigint not null,
  only_what text[] not null,
  organization_id uuid,
  touched_by text not null default '',
  reason text not null,
  plan_id uuid,
  digest text not null default '',
  undoes uuid,
  allows_without_rollback boolean not null default false,
  -- Who asked: actor of the commits. And the request that started it.
  actor jsonb not null,
  correlation_id uuid not null,
  -- What services compare with; zero: not found out yet.
  head_sequence bigint not null default 0,
  -- Steps that are done; and whether what was changed is being put back.
  done_steps integer not null default 0,
  is_going_back boolean not null default false,
  -- Right before RestoreStarted; null: it has not begun.
  rollback_sequence bigint,
  -- Why it goes back.
  failure_code text not null default '',
  failure_detail text not null default '',
  progress smallint not null default 0,
  step text not null default '',
  -- By step: what came of it.
  results jsonb not null default '{}',
  trouble text not null default '',
  attempts integer not null default 0,
  step_attempts integer not null default 0,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  ended_at timestamptz,
  next_at timestamptz not null default now(),
  leased_by uuid,
  leased_until timestamptz
);
-- One restore at a time, whoever asks and wherever.
create unique index restore_jobs_one on restore_jobs ((true)) where state <> 'ended';
create index restore_jobs_by_time on restore_jobs (created_at desc, restore_id);
