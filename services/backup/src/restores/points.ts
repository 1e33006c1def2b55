import { type Action, actions, deedsOf } from '@holdfast/catalogue'
import type { Commit } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'

const { RestorePointKind: Kind } = holdfast.backup.v1
type PointMessage = holdfast.backup.v1.RestorePoint.$Properties

const byCode: ReadonlyMap<string, Action> = new Map(actions.map((action) => [action.code, action]))

/** Which actions make a point one of a kind. Everything else is a change like any other. */
export const kindActions: ReadonlyMap<number, readonly string[]> = new Map([
  [Kind.RESTORE_POINT_KIND_BACKUP, ['backup.backup.completed']],
  [Kind.RESTORE_POINT_KIND_RESTORE, ['backup.restore']],
  [
    Kind.RESTORE_POINT_KIND_CHANGE_SET,
    ['rules.change_set.applied', 'rules.change_set.confirmed', 'rules.change_set.reverted'],
  ],
  [Kind.RESTORE_POINT_KIND_IMPORT, ['backup.import', 'backup.restore_job']],
])

export function kindOfAction(code: string): holdfast.backup.v1.RestorePointKind {
  for (const [kind, codes] of kindActions)
    if (codes.some((one) => code === one || code.startsWith(`${one}.`))) return kind
  return Kind.RESTORE_POINT_KIND_COMMIT
}

/** `deleted a peer: laptop`. */
export function labelOf(action: string, name: string): string {
  const title = byCode.get(action)?.title ?? action
  return name === '' ? title : `${title}: ${name}`
}

/** A commit as a point one can go back to. */
export function pointOfCommit(commit: Commit): PointMessage {
  const [deed] = deedsOf(commit)
  const action = deed?.action ?? ''
  const { kind, id } = commit.actor
  return {
    sequence: Number(commit.sequence),
    atUnixMs: commit.timeUnixMs,
    kind: kindOfAction(action),
    action,
    label: labelOf(action, deed?.target.name ?? ''),
    objectKind: deed?.target.kind ?? '',
    objectId: deed?.target.id ?? '',
    objectName: deed?.target.name ?? '',
    organizationId: commit.organizationId ?? '',
    actor: { kind, id },
    reason: commit.reason,
  }
}

/** An entry of the audit trail likewise. */
export function pointOfEntry(entry: holdfast.audit.v1.Entry.$Properties): PointMessage {
  const action = entry.action ?? ''
  const name = entry.target?.name ?? ''
  return {
    sequence: entry.sequence ?? 0,
    atUnixMs: entry.atUnixMs ?? 0,
    kind: kindOfAction(action),
    action,
    label: labelOf(action, name),
    objectKind: entry.target?.kind ?? '',
    objectId: entry.target?.id ?? '',
    objectName: name,
    organizationId: entry.organizationId ?? '',
    actor: { kind: entry.actor?.kind ?? '', id: entry.actor?.id ?? '' },
    reason: entry.reason ?? '',
  }
}
