import type { Commit } from '@holdfast/event-log'
import { defineProjection } from '@holdfast/projections'
import { restoreCodec } from '../codecs/restore-codec.ts'
import type { RestoreEvent, RestoreWish } from '../domain/restore.ts'

const table = 'restores'

/** Rows behind ListRestores, and what is kept because of them. Raise `version` with every change. */
export const restoreRows = defineProjection<RestoreEvent>({
  name: 'backup.restores',
  version: 1,
  context: 'backup',
  tables: [
    {
      name: table,
      columns: {
        restore_id: 'uuid',
        to_sequence: 'bigint',
        only_what: 'text[]',
        // Of the scope; rows themselves are of the instance.
        scope_organization_id: 'uuid',
        reason: 'text',
        plan_id: 'text',
        digest: 'bytea',
        undoes: 'text',
        actor_kind: 'text',
        actor_id: 'text',
        // started, completed, failed.
        status: 'text',
        // Right before it began; zero: it never did.
        rollback_sequence: 'bigint',
        checkpoint_size: 'bigint',
        without_rollback: 'text',
        kept_until_unix_ms: 'bigint',
        started_at_unix_ms: 'bigint',
        ended_at_unix_ms: 'bigint',
        ended_sequence: 'bigint',
        created_count: 'bigint',
        updated_count: 'bigint',
        deleted_count: 'bigint',
        blocked_count: 'bigint',
        took_ms: 'bigint',
        failure_code: 'text',
        failure_detail: 'text',
        is_rolled_back: 'boolean',
      },
      key: ['restore_id'],
      indexes: ['(started_at_unix_ms, restore_id)', '(undoes)'],
    },
  ],
  codecs: { restore: restoreCodec },
  on: {
    RestoreStarted: ({ wish, point }, commit) => [
      {
        op: 'put',
        table,
        row: {
          ...asked(wish, commit),
          status: 'started',
          rollback_sequence: commit.sequence - 1n,
          checkpoint_size: point.checkpointSize,
          without_rollback: point.withoutBecause,
          kept_until_unix_ms: point.keptUntilUnixMs,
        },
      },
    ],
    RestoreCompleted: ({ counts, tookMs }, commit) => [
      {
        op: 'patch',
        table,
        key: { restore_id: commit.aggregateId },
        set: {
          status: 'completed',
          ...ended(commit),
          created_count: counts.created,
          updated_count: counts.updated,
          deleted_count: counts.deleted,
          blocked_count: counts.blocked,
          took_ms: tookMs,
        },
      },
    ],
    RestoreFailed: ({ code, detail, isRolledBack, wish }, commit) => {
      const set = {
        status: 'failed',
        ...ended(commit),
        failure_code: code,
        failure_detail: detail,
        is_rolled_back: isRolledBack,
      }
      return wish
        ? [{ op: 'put', table, row: { ...asked(wish, commit), ...set } }]
        : [{ op: 'patch', table, key: { restore_id: commit.aggregateId }, set }]
    },
  },
})

const ended = ({ timeUnixMs, sequence }: Commit) => ({
  ended_at_unix_ms: timeUnixMs,
  ended_sequence: sequence,
})

const asked = (wish: RestoreWish, { aggregateId, actor, timeUnixMs }: Commit) => ({
  restore_id: aggregateId,
  to_sequence: wish.toSequence,
  only_what: [...wish.only],
  scope_organization_id: wish.organizationId || null,
  reason: wish.reason,
  plan_id: wish.planId,
  digest: wish.digest,
  undoes: wish.undoes,
  actor_kind: actor.kind,
  actor_id: actor.id,
  rollback_sequence: 0n,
  checkpoint_size: 0n,
  without_rollback: '',
  kept_until_unix_ms: 0n,
  started_at_unix_ms: timeUnixMs,
  ended_at_unix_ms: 0n,
  ended_sequence: 0n,
  created_count: 0n,
  updated_count: 0n,
  deleted_count: 0n,
  blocked_count: 0n,
  took_ms: 0n,
  failure_code: '',
  failure_detail: '',
  is_rolled_back: false,
})
