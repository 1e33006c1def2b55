import { invalid } from '@holdfast/errors'
import { parseName } from '@holdfast/net'
import type { holdfast } from '@holdfast/proto'
import { type Call, Fields, type Permission, parseId } from '@holdfast/service'
import { contentsFrom, kindOf } from '../codecs/contents.ts'
import { SuperAdminOnly } from '../domain/backup-errors.ts'
import type { BackupKind, Contents } from '../domain/contents.ts'
import { isOfInstance, requireAt } from './scope.ts'

export interface NewBackup {
  readonly organizationId: string
  readonly name: string
  readonly kind: BackupKind
  readonly contents: Contents
  readonly isEncrypted: boolean
  readonly storageLocation: string
  readonly passphrase: string
}

/** Refuses a kind, or an organization, that takes a super-admin: before anything else of the wish is judged. */
export function requireKind(
  call: Call,
  permission: Permission,
  kind: BackupKind,
  organizationId: string,
): void {
  if (isOfInstance(call, permission)) return
  if (kind !== 'snapshot') throw SuperAdminOnly({ what: 'A full backup' })
  if (organizationId === '') throw SuperAdminOnly({ what: 'A snapshot of every organization' })
  requireAt(call, permission, organizationId)
}

export function parseNewBackup(
  request: holdfast.backup.v1.CreateBackupRequest,
  call: Call,
): NewBackup {
  const { organizationId, passphrase, isEncrypted } = request
  const kind = kindOf(request.kind || 1)
  const fields = new Fields()
  fields.takeOptional(parseId, organizationId, 'organization_id')
  if (kind === undefined) fields.add('backup_type', 'unknown', 'must be snapshot or full')
  fields.check()
  if (kind === undefined) throw new Error('checked above')
  requireKind(call, 'backup.create', kind, organizationId)
  const name = fields.take(parseName, request.name, 'name')
  if (kind === 'rollback_slot')
    fields.add('backup_type', 'not_by_hand', 'a rollback slot is taken by a restore')
  if (kind === 'full' && organizationId !== '')
    fields.add('organization_id', 'not_allowed', 'a full backup is of the whole instance')
  checkPassphrase(fields, passphrase, kind, isEncrypted)
  const { storageLocation } = request
  if (storageLocation.length > 256 || storageLocation.includes('\0'))
    fields.add('storage_location_id', 'too_long', 'must be an id or a name')
  fields.check()
  const contents = contentsFrom(request.contents)
  return { ...{ organizationId, name, kind, contents, isEncrypted, storageLocation, passphrase } }
}

const minPassphrase = 12
const maxPassphrase = 512

function checkPassphrase(
  fields: Fields,
  passphrase: string,
  kind: BackupKind,
  isEncrypted: boolean,
): void {
  if (passphrase === '') return
  const length = [...passphrase].length
  if (kind !== 'snapshot') {
    const detail = 'is of snapshots: a full backup is sealed to the recovery recipients'
    fields.add('passphrase', 'not_allowed', detail)
  } else if (!isEncrypted) {
    fields.add('passphrase', 'not_allowed', 'means nothing with is_encrypted false')
  } else if (length < minPassphrase || length > maxPassphrase) {
    const detail = `must have ${minPassphrase} to ${maxPassphrase} characters`
    fields.add('passphrase', length < minPassphrase ? 'too_short' : 'too_long', detail)
  }
}

/** A word of a closed list that an enum number stands for; zero is any. */
export function wordIn<W>(words: readonly W[], number: number, field: string): W | undefined {
  if (number === 0) return undefined
  const word = words[number - 1]
  if (word === undefined)
    throw invalid({ field, code: 'unknown', detail: `must be one of ${words.join(', ')}` })
  return word
}
