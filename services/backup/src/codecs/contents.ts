import { holdfast } from '@holdfast/proto'
import { type BackupKind, backupKinds, type Contents } from '../domain/contents.ts'

const v1 = holdfast.backup.v1

export const contentsMessage = (contents: Contents): holdfast.backup.v1.Contents.$Properties => ({
  ...contents,
})

/** Absent fields are false, as the wire has it. */
export function contentsFrom(
  properties: holdfast.backup.v1.Contents.$Properties | null | undefined,
): Contents {
  const { devices, users, automation } = new v1.Contents(properties ?? {})
  return { devices, users, automation }
}

/** Zero in proto is no kind. */
export const kindNumber = (kind: BackupKind): number => backupKinds.indexOf(kind) + 1
export const kindOf = (number: number): BackupKind | undefined => backupKinds[number - 1]
