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

-- Where a schedule stands. Which backup a slot is follows from schedule and slot, so a row that is behind costs nothing.
create table schedule_slots (
  schedule_id uuid primary key,
  -- The moment the schedule was last planned anew; another one says that expression, zone or toggle changed.
  planned_at_unix_ms bigint not null,
  -- Not before; the next one to fire.
  next_slot_unix_ms bigint not null,
  -- Null before the first.
  last_slot_unix_ms bigint,
  last_backup_id uuid,
  missed_at_unix_ms bigint
);
create index schedule_slots_due on schedule_slots (next_slot_unix_ms);
