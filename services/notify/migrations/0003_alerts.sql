-- Alerts and mail. Operational tables: what is under way and what the log cannot take yet. A rebuild leaves them alone;
-- they are part of a full backup, and losing their last seconds costs a repeated mail at most.

-- How far rules have looked; moves in the transaction that stores what came of it.
create table alert_positions (
  source text primary key check (source in ('log', 'access')),
  -- Of the log: its generation. Of ACCESS: when the stream was made; empty before the first record.
  stream text not null,
  sequence bigint not null,
  -- Records of before are nobody's concern any more.
  started_at timestamptz not null
);

-- What a rule with a threshold has counted: [[ms since 1970, count], …], fewer entries than its threshold.
create table alert_windows (
  rule_id uuid not null,
  -- Organization, or empty.
  scope text not null,
  happened jsonb not null,
  primary key (rule_id, scope)
);

-- Alerts that are not over, and those the log does not know all about yet.
create table alert_cases (
  alert_id uuid primary key,
  -- The rule, or `alarm:<code>` where none names it.
  rule_key text not null,
  -- Null: of the instance.
  organization_id uuid,
  -- Tells apart what a rule can speak of.
  cause text not null,
  rule_id uuid,
  code text not null,
  severity smallint not null,
  title text not null,
  detail text not null,
  about_sequence bigint not null,
  count bigint not null,
  raised_at timestamptz not null,
  last_at timestamptz not null,
  -- Of an alarm: who says that it goes on.
  sources text[] not null,
  -- Since when nobody says so any more.
  over_since timestamptz,
  -- False: it is over, and the log is to be told.
  is_open boolean not null,
  -- What the log knows; zero: nothing.
  told_count bigint not null,
  told_severity smallint not null
);
create unique index alert_cases_open
  on alert_cases (rule_key, cause, coalesce(organization_id, '00000000-0000-0000-0000-000000000000'))
  where is_open;
create index alert_cases_over on alert_cases (over_since) where over_since is not null;
-- Small: what the log is still to be told.
create index alert_cases_untold on alert_cases (raised_at)
  where not is_open or count >= 2 * told_count or severity > told_severity;

alter table alert_cases enable row level security;
create policy scope on alert_cases for select to holdfast_notify_reader using (
  (select current_setting('holdfast.organizations', true)) = '*'
  or organization_id = any ((select string_to_array(
    nullif(nullif(current_setting('holdfast.organizations', true), '*'), ''), ',')::uuid[])::uuid[])
);
grant select on alert_cases to holdfast_notify_reader;

-- What somebody is to be mailed; until it is part of a mail. Who, is sealed as in the rule.
create table mail_notices (
  id uuid primary key,
  rule_id uuid not null,
  -- Whose key sealed the address; empty: the instance's.
  owner text not null,
  recipient bytea not null,
  alert_id uuid not null,
  code text not null,
  severity smallint not null,
  title text not null,
  detail text not null,
  raised_at timestamptz not null,
  created_at timestamptz not null,
  -- Not looked at before.
  wait_until timestamptz not null
);
create index mail_notices_due on mail_notices (wait_until);

-- Mails: written down before they are sent, so that a repetition is the same mail with the same Message-ID.
create table mails (
  id uuid primary key,
  kind text not null check (kind in ('alerts', 'checkpoint')),
  -- Sealed as in the rule, or an address of the settings.
  rule_id uuid,
  owner text,
  recipient bytea,
  address text,
  check ((recipient is null) <> (address is null)),
  -- SHA-256 of lineage and address: equal recipients are equal.
  recipient_tag bytea not null,
  subject text not null,
  body_text text not null,
  body_html text not null,
  created_at timestamptz not null,
  state text not null check (state in ('pending', 'sent', 'dead')),
  attempts integer not null,
  next_attempt_at timestamptz not null,
  failure text not null
);
create index mails_due on mails (next_attempt_at) where state = 'pending';
create index mails_recipient on mails (recipient_tag, created_at);
create index mails_age on mails (created_at) where state <> 'pending';
