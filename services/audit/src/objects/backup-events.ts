import {
  type EventView,
  type Handler,
  nameIn,
  only,
  patch,
  put,
  recordOf,
  remove,
  reserved,
  settingsOf,
  settled,
  state,
  textOf,
} from './event-handler.ts'
import type { Json } from './flat-fields.ts'
import type { ObjectChange } from './object-change.ts'

/** What came of it, beside what was asked for. */
const outcome =
  (word: string, ...fields: readonly string[]): Handler =>
  (event) =>
    patch(event, { state: { status: word }, more: only(event, ...fields) })

/** Who can open what is off-site, or the lineage: one object of the instance, which begins with whatever is said first. */
const ofInstance =
  (change: (event: EventView) => readonly ObjectChange[]): Handler =>
  (event) => [...(event.isFirst ? put(event, {}, '') : []), ...change(event)]
const recipient = (event: EventView, value: Json | undefined): ObjectChange => ({
  op: 'member',
  kind: event.kind,
  id: event.id,
  field: 'recipients',
  member: textOf(event, 'recipient'),
  value,
})

/** The last validation of an organization's newest backup; those before are its history. */
const validated =
  (result: string): Handler =>
  (event) => [
    ...(event.isFirst ? put(event, {}, '') : []),
    ...patch(event, {
      state: { result },
      more: only(
        event,
        ...['run_id', 'backup_id', 'backup_created_at', 'code', 'detail', 'records', 'took_ms'],
        ...['is_warning', 'is_timeout'],
      ),
    }),
  ]

/** Events of the context `backup`. */
export const backupEvents: Readonly<Record<string, Handler>> = {
  NameReserved: reserved,
  NameReleased: remove,
  StorageLocationCreated: (event) =>
    put(
      event,
      { settings: settingsOf(event), keys: only(event, 'credentials', 'credential_fields') },
      nameIn(recordOf(event, 'settings')),
    ),
  // Which fields are set only changes along with what is in them.
  StorageLocationUpdated: (event) => [
    ...settled(event),
    ...(event.data['credentials'] || event.data['drops_credentials'] === true
      ? patch(event, { keys: only(event, 'credentials', 'credential_fields') })
      : []),
  ],
  StorageLocationDeleted: remove,
  ScheduleCreated: (event) =>
    put(
      event,
      { settings: settingsOf(event), keys: only(event, 'passphrase') },
      nameIn(recordOf(event, 'settings')),
    ),
  ScheduleUpdated: (event) => [
    ...settled(event),
    ...(event.data['passphrase'] || event.data['drops_passphrase'] === true
      ? patch(event, { keys: only(event, 'passphrase') })
      : []),
  ],
  ScheduleDeleted: remove,
  ScheduleSlotMissed: (event) =>
    patch(event, {
      more: only(event, 'first_slot_at', 'last_slot_at', 'count', 'backup_id', 'cause'),
    }),
  BackupRequested: (event) =>
    put(
      event,
      {
        facts: only(
          event,
          ...['name', 'kind', 'contents', 'is_encrypted', 'storage_location_id', 'schedule_id'],
          ...['slot_at', 'protection', 'rollback_for', 'storage_kind', 'kept_until_at'],
        ),
        state: { status: 'requested' },
      },
      textOf(event, 'name'),
    ),
  BackupCompleted: outcome(
    'completed',
    ...['object_key', 'bytes', 'sha256', 'sequence', 'manifest', 'recipients'],
  ),
  BackupFailed: outcome('failed', 'code', 'detail'),
  BackupCancelled: state({ status: 'cancelled' }),
  BackupVerified: (event) => patch(event, { keys: only(event, 'is_good', 'detail') }),
  BackupDeleted: remove,
  RecipientAdded: ofInstance((event) => [
    recipient(event, { label: textOf(event, 'label'), is_proved: false }),
  ]),
  RecipientRemoved: (event) => [recipient(event, undefined)],
  RecipientProved: (event) => [recipient(event, { is_proved: true })],
  KeysReviewed: ofInstance((event) => patch(event, { state: only(event, 'note') })),
  KeysetsRewritten: ofInstance((event) =>
    patch(event, {
      more: only(event, 'destroyed_sequence', 'location_ids', 'unreached_location_ids'),
    }),
  ),
  Restored: ofInstance((event) =>
    patch(event, {
      state: only(event, 'old_generation', 'new_generation', 'size', 'root', 'head', 'restore_id'),
      more: only(event, 'note', 'earlier_notes', 'handovers'),
    }),
  ),
  RestoreStarted: (event) =>
    put(
      event,
      {
        state: { status: 'running' },
        facts: only(event, 'wish', 'without_rollback_because'),
        more: only(event, 'checkpoint_size', 'checkpoint_note', 'kept_until_at'),
      },
      '',
    ),
  RestoreCompleted: outcome('completed', 'created', 'updated', 'deleted', 'blocked', 'took_ms'),
  // One that never began says here what was wished.
  RestoreFailed: (event) => [
    ...(event.isFirst ? put(event, { facts: only(event, 'wish') }, '') : []),
    ...patch(event, {
      state: { status: 'failed' },
      more: only(event, 'code', 'detail', 'is_rolled_back'),
    }),
  ],
  SnapshotRestoreStarted: (event) =>
    put(
      event,
      {
        facts: only(
          event,
          ...['backup_id', 'sha256', 'contents', 'overwrites_existing', 'target_site_id'],
          ...['rollback_backup_id', 'rollback_sequence', 'without_rollback_because'],
        ),
      },
      '',
    ),
  BackupValidated: validated('good'),
  BackupValidationFailed: validated('failed'),
  SnapshotImported: (event) =>
    put(
      event,
      {
        facts: only(
          event,
          ...['backup_id', 'sha256', 'created', 'updated', 'skipped', 'refused'],
          'rollback_sequence',
        ),
      },
      '',
    ),
}
