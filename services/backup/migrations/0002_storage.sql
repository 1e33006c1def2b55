-- What is known of storage locations and schedules beside what was decided. Operational tables: a rebuild leaves them
-- alone; they are part of a full backup, and losing their last seconds costs a test's result and a slot looked at twice.

-- The last test of a location; one at a time.
create table storage_tests (
  location_id uuid primary key,
  -- Somebody tests it, until then.
  running_until timestamptz,
  tested_at timestamptz,
  -- Empty when it went well.
  failure text not null default ''
);

-- Where a schedule stands. Which backup a slot is follows from schedule and slot, so a row that is behind, or gone, costs
-- nothing (docs/adr/0028).
create table schedule_slots (
  schedule_id uuid primary key,
  -- When the schedule was last planned anew: another one says that expression, zone or toggle changed.
  planned_at_unix_ms bigint not null,
  -- The next one to fire.
  next_slot_unix_ms bigint not null,
  -- The last one that was fired or let go; null before the first.
  last_slot_unix_ms bigint,
  last_backup_id uuid,
  -- One instance at a time looks at it.
  claimed_until timestamptz
);
