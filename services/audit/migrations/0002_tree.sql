-- The Merkle tree over the log (docs/adr/0014). Derived: empty `tiles` and `tree_position`, and they are made again.

-- 256 hashes of 32 bytes a row, fewer at the right edge. Level 0 holds leaves; an entry of a level above is the root
-- of one full tile below it.
create table tiles (
  level smallint not null,
  tile bigint not null,
  hashes bytea not null,
  primary key (level, tile)
);
-- Hashes do not shrink.
alter table tiles alter column hashes set storage external;

-- What the tiles hold; moves in the transaction that writes them.
create table tree_position (
  is_only boolean primary key default true check (is_only),
  origin text not null,
  size bigint not null,
  -- u64 size, then the roots of the full subtrees the leaves add up to, the largest first.
  range bytea not null
);

-- What was signed. Operational: no other place says all of it, so a rebuild leaves it alone.
create table checkpoints (
  origin text not null,
  size bigint not null,
  root bytea not null,
  note text not null,
  signed_at timestamptz not null,
  primary key (origin, size)
);

-- Signature lines of nodes on those.
create table cosignatures (
  origin text not null,
  size bigint not null,
  node_id uuid not null,
  line text not null,
  cosigned_at timestamptz not null,
  primary key (origin, size, node_id)
);

-- Each node as it said last. `size` and `root` are of the last checkpoint it is proven to have cosigned.
create table witnesses (
  node_id uuid primary key,
  public_key bytea not null,
  -- When it began to speak with another key than before.
  key_changed_at timestamptz,
  size bigint not null,
  root bytea not null,
  cosigned_at timestamptz,
  -- Why it refuses, in its words; empty when it does not.
  refusal text not null,
  heard_at timestamptz not null
);

-- A change of the signing key under way: nothing is signed until the log has it, or is known not to have it.
create table key_changes (
  is_only boolean primary key default true check (is_only),
  command_id uuid not null,
  actor jsonb not null,
  correlation_id uuid not null,
  old_public_key bytea not null,
  new_public_key bytea not null,
  statement bytea not null,
  signature bytea not null
);
