import { EgressFailed } from '@holdfast/egress'
import { DomainError } from '@holdfast/errors'
import { FTPError } from 'basic-ftp'
import {
  fromEgress,
  StorageBroken,
  StorageDenied,
  StorageFull,
  StorageInvalidAnswer,
  StorageNotFound,
  StorageRefused,
  StorageUnreachable,
} from '../errors.ts'

/** The reply code of the server; undefined: it said nothing. */
export const replyOf = (error: unknown): number | undefined =>
  error instanceof FTPError ? error.code : undefined

/** The server does not have it, or does not show it: FTP has one code for both. */
export const isMissing = (error: unknown): boolean => [450, 550].includes(replyOf(error) ?? 0)

// vsftpd has no code of its own for a full disk.
const saysFull = /no space|quota|disk full|not enough|insufficient|failure writing to local file/i

/** What a reply means while objects are moved. The server's own words can hold what it likes and are not shown. */
export function ftpError(error: unknown, host: string, key: string): Error {
  if (error instanceof DomainError) return error
  if (error instanceof EgressFailed) return fromEgress(error)
  const reply = replyOf(error)
  if (reply === undefined) return StorageBroken({ why: `${host} broke the connection` }, error)
  const said = error instanceof Error ? error.message : ''
  if (reply === 452 || reply === 552 || saysFull.test(said)) {
    return StorageFull({ why: `${host} has no room left (${reply})` }, error)
  }
  if (isMissing(error)) return StorageNotFound({ key }, error)
  if ([530, 532, 553].includes(reply)) {
    return StorageDenied({ why: `${host} permits nothing at ${key} (${reply})` }, error)
  }
  if ([521, 522, 534, 536].includes(reply)) return tlsRefusal(host, reply, error)
  return reply < 500
    ? StorageBroken({ why: `${host} gave up (${reply})` }, error)
    : StorageInvalidAnswer({ why: `${host} said ${reply}` }, error)
}

/** Of a connection that did not come to be. */
export function signInError(error: unknown, host: string): Error {
  const reply = replyOf(error)
  if (reply === undefined) {
    return error instanceof DomainError || error instanceof EgressFailed
      ? ftpError(error, host, '')
      : StorageUnreachable({ why: `no FTP connection with ${host}` }, error)
  }
  if ([332, 430, 530, 532].includes(reply)) {
    return StorageDenied({ why: `${host} does not let this user in (${reply})` }, error)
  }
  return reply < 500
    ? StorageUnreachable({ why: `${host} is not ready (${reply})` }, error)
    : ftpError(error, host, '')
}

export const tlsRefusal = (host: string, reply: number, cause?: unknown): Error =>
  StorageRefused(
    {
      why: `${host} does not encrypt (${reply}); allow TLS at the server, or set security to none if everybody on the way may read the backups`,
    },
    cause,
  )
