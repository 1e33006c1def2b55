-- Operational tables: not derived from the log, left alone by rebuilds, part of a full backup.
-- All of them are written for the loss of their last seconds; see README.md.

-- One sign-in. Its refresh tokens are one family: a session ends as a whole.
create table sessions (
  id uuid primary key,
  user_id uuid not null,
  source text not null,
  user_agent text not null,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  -- When its newest refresh token expires.
  expires_at timestamptz not null,
  ended_at timestamptz,
  ended_because text
);
create index sessions_user on sessions (user_id) where ended_at is null;
create index sessions_expiry on sessions (expires_at);

-- SHA-256 of each refresh token handed out. A used one stays until it expires, so that a second use is noticed.
create table refresh_tokens (
  token_hash bytea primary key,
  session_id uuid not null references sessions (id) on delete cascade,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index refresh_tokens_session on refresh_tokens (session_id);

-- Access tokens of the session issued up to that moment are refused everywhere. Kept until none can be valid.
create table session_revocations (
  session_id uuid primary key,
  revoked_at timestamptz not null
);

-- Failed sign-ins by account and source. The account is a user id, or an id derived from the name that was tried.
create table login_failures (
  account uuid not null,
  source text not null,
  failures integer not null,
  last_at timestamptz not null,
  primary key (account, source)
);
create index login_failures_age on login_failures (last_at);

-- Where people have signed in from before. A lock caused by strangers does not shut these out.
create table known_sources (
  user_id uuid not null,
  source text not null,
  last_at timestamptz not null,
  primary key (user_id, source)
);
create index known_sources_age on known_sources (last_at);
