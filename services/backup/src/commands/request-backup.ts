import { rfc3339, uuidV5 } from '@holdfast/domain'
import { DomainError, defineError } from '@holdfast/errors'
import type { CommandContext, EventLog, Outcome } from '@holdfast/event-log'
import { type Postgres, sql } from '@holdfast/postgres'
import type { Secrets } from '@holdfast/service'
import { sealedBytes } from '../codecs/sealed.ts'
import type { BackupEvent, BackupState, Protection } from '../domain/backup.ts'
import { UnencryptedRefused } from '../domain/backup-errors.ts'
import type { BackupKind, Contents } from '../domain/contents.ts'
import { forgetJob, insertJob } from '../jobs/job-store.ts'
import type { Location, Locations } from '../storage/locations.ts'
import { backups } from './backup-aggregates.ts'

export const TooManyBackups = defineError(
  'backup.too_many',
  'exhausted',
  (d: { max: number }) => `${d.max} backups wait for their turn already. Try again later.`,
)

export interface BackupWish {
  /** By hand `idFrom(commandId, 'backup')`, of a slot `scheduledBackupId`. */
  readonly id: string
  /** Empty: of the whole instance. */
  readonly organizationId: string
  readonly name: string
  readonly kind: BackupKind
  readonly contents: Contents
  readonly isEncrypted: boolean
  readonly storageLocationId: string
  /** Empty: by hand. */
  readonly scheduleId: string
  /** Zero: by hand. */
  readonly slotUnixMs: number
  /** Of a snapshot, opened; empty: the instance key. */
  readonly passphrase: string
  /** The restore a rollback slot is for. */
  readonly rollbackFor: string
}

export interface RequestTools {
  readonly log: Pick<EventLog, 'execute' | 'lineageId'>
  readonly postgres: Postgres
  readonly locations: Pick<Locations, 'get'>
  readonly secrets: Secrets<'passphrase'>
  /** HOLDFAST_BACKUP_ALLOW_UNENCRYPTED. */
  readonly allowsUnencrypted: boolean
  /** ms since 1970. */
  readonly now: () => number
  /** A job may be due. */
  readonly wake: () => void
}

/** Never changes: a slot must be found again. */
const slotNamespace = '5d0c6a1e-3c7f-5c41-9a57-6a1b7f0e2d95'
const rollbackKeptMs = 7 * 86_400_000
/** Jobs that are not over, of all organizations together. */
const maxOpenJobs = 500
/** What lies on this machine, or is mounted by whoever runs it. */
const nearKinds: readonly string[] = ['local', 'nfs']

/** One slot is one backup, whoever fires it and however often. */
export const scheduledBackupId = (scheduleId: string, slotUnixMs: number): string =>
  uuidV5(slotNamespace, `${scheduleId}|${slotUnixMs}`)

export interface Requested {
  readonly outcome: Outcome<BackupState, BackupEvent>
  readonly warnings: readonly string[]
}

/**
 * Asks for a backup; the job runs by itself. Its row goes in before the event: a crash between the two leaves a row that
 * is forgotten, never a request that nobody carries out.
 */
export async function requestBackup(
  tools: RequestTools,
  wish: BackupWish,
  context: CommandContext,
): Promise<Requested> {
  const { log, postgres, now } = tools
  const location = await tools.locations.get(wish.storageLocationId)
  const warnings = checkEncryption(tools, wish, location)
  const facts = {
    organizationId: wish.organizationId,
    name: wish.name,
    kind: wish.kind,
    contents: wish.contents,
    protection: protectionOf(wish),
    storageLocationId: location.id,
    storageKind: location.kind,
    scheduleId: wish.scheduleId,
    slotUnixMs: wish.slotUnixMs,
    rollbackFor: wish.rollbackFor,
    keptUntilUnixMs: wish.kind === 'rollback_slot' ? now() + rollbackKeptMs : 0,
  }
  const isNew = await announce(tools, wish, location)
  try {
    const command = { type: 'RequestBackup' as const, id: wish.id, facts }
    const outcome = await log.execute(backups, wish.id, command, context)
    tools.wake()
    return { outcome, warnings }
  } catch (error) {
    // Unknown is not refused: the job looks into the log before it begins.
    const isRefused = error instanceof DomainError && error.code !== 'log.outcome_unknown'
    if (isNew && isRefused) await forgetJob(postgres, wish.id)
    throw error
  }
}

async function announce(
  { postgres, secrets, log, now }: RequestTools,
  wish: BackupWish,
  location: Location,
): Promise<boolean> {
  const [open] = await postgres.query<{ count: number }>(sql`
    select count(*)::integer as count from backup.backup_jobs where state <> 'ended'`)
  if ((open?.count ?? 0) >= maxOpenJobs) throw TooManyBackups({ max: maxOpenJobs })
  const [sealed] =
    wish.passphrase === ''
      ? []
      : await secrets.seal(wish.organizationId, wish.id, 'passphrase', [wish.passphrase])
  const inserted = await insertJob(postgres, {
    backupId: wish.id,
    organizationId: wish.organizationId,
    kind: wish.kind,
    storageLocationId: location.id,
    objectKey: objectKeyOf(log.lineageId, wish, now()),
    passphrase: sealed && sealedBytes(sealed),
  })
  return inserted === 1
}

/** Follows from the backup, so that a job that begins again writes over what it left. */
export function objectKeyOf(
  lineageId: string,
  { id, kind, isEncrypted }: Pick<BackupWish, 'id' | 'kind' | 'isEncrypted'>,
  createdAtUnixMs: number,
): string {
  const stamp = rfc3339(createdAtUnixMs).replaceAll(/[-:]|\.\d+/g, '')
  const ending = kind === 'snapshot' ? 'hfsnap' : isEncrypted ? 'hfbak.age' : 'hfbak'
  return `holdfast/${lineageId}/backups/holdfast-${stamp}-${id}.${ending}`
}

function protectionOf({ kind, isEncrypted, passphrase }: BackupWish): Protection {
  if (!isEncrypted) return 'none'
  if (kind !== 'snapshot') return 'recipients'
  return passphrase === '' ? 'instance_key' : 'passphrase'
}

/** What leaves the machine leaves it encrypted, unless the operator says otherwise (SQ-15). */
function checkEncryption(
  { allowsUnencrypted }: RequestTools,
  { isEncrypted }: BackupWish,
  { name, kind }: Location,
): readonly string[] {
  if (isEncrypted) return []
  if (nearKinds.includes(kind))
    return ['It is not encrypted: whoever can read the storage location can read it.']
  if (!allowsUnencrypted) throw UnencryptedRefused({ location: name, kind })
  return [
    `It is not encrypted and goes to ${name} (${kind}) on another machine: whoever can read it there, or on its way, has it.`,
  ]
}
