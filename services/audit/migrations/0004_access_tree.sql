-- Trees over the stream ACCESS (docs/adr/0020), one an epoch: a run of records without a gap. Operational: the stream
-- ages, and what it has dropped no other table says. Checkpoints of them are in `checkpoints`, by origin.

create table access_epochs (
  -- ms since 1970; the epoch's name with `first`.
  begun bigint primary key,
  origin text not null unique,
  -- Sequence of leaf 0.
  first bigint not null,
  -- When the stream was made that the leaves come from, in the server's words.
  stream_created text not null,
  size bigint not null default 0,
  -- As tree_position.range.
  range bytea not null,
  ended_at timestamptz,
  -- Why nothing is added any more; set with `ended_at`.
  ended_because text,
  -- The greatest of its sequences the stream still had then.
  kept_to bigint
);
-- One grows.
create unique index access_epochs_present on access_epochs ((true)) where ended_at is null;

-- As `tiles`.
create table access_tiles (
  epoch bigint not null references access_epochs (begun),
  level smallint not null,
  tile bigint not null,
  hashes bytea not null,
  primary key (epoch, level, tile)
);
alter table access_tiles alter column hashes set storage external;
