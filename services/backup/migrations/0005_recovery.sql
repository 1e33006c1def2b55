-- Challenges sealed to recovery recipients, until they are answered. Left out of full backups: a new one is asked for.
create table recipient_challenges (
  recipient text primary key,
  -- SHA-256 of what is inside.
  answer_sha256 bytea not null,
  expires_at timestamptz not null
);
