-- The off-site copy. Operational tables, and a cache: what they say can be found again at the locations, at the price of
-- not knowing which recipients open what. A rebuild leaves them alone.

-- How far each location has come.
create table offsite_locations (
  location_id uuid primary key,
  -- When this process, or an earlier one, last put something there or found that nothing was to be put.
  pushed_at timestamptz,
  -- A whole reading under way, and the last one that ended.
  verifying_since timestamptz,
  verified_at timestamptz,
  verified_sequence bigint not null default 0,
  sampled_at timestamptz,
  -- Of the last key destruction the keyset there follows.
  keyset_destroyed_sequence bigint not null default 0
);

-- Every object put and not deleted.
create table offsite_objects (
  location_id uuid not null,
  key text not null,
  kind text not null,
  generation bigint not null,
  first_sequence bigint not null,
  last_sequence bigint not null,
  sha256 bytea not null check (length(sha256) = 32),
  bytes bigint not null,
  -- Leaf hash of the last commit of a segment or tail, where known.
  last_hash bytea,
  -- Of the plain content, where that tells whether it changed.
  content_sha256 bytea,
  -- The operator's, that open it; null: not known any more.
  recipients text[],
  put_at timestamptz not null,
  -- The first manifest that names it, in ms since 1970; null: none does.
  named_from bigint,
  -- The last one, once newer ones do not; null: the next one will.
  named_to bigint,
  verified_at timestamptz,
  -- What is wrong with it; empty when nothing is known to be.
  damage text not null default '',
  primary key (location_id, key)
);


-- Destructions of keys that keysets off-site follow.
create table offsite_erasures (
  -- Of the DataKeyDestroyed in the log.
  destroyed_sequence bigint primary key,
  -- Locations whose keysets were written anew without the key, and those that keep it.
  rewritten uuid[] not null default '{}',
  unreached uuid[] not null default '{}',
  -- Told as an event, as it stands.
  is_told boolean not null default false
);
