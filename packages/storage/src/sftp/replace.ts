import type { Stats } from 'ssh2'
import type { SftpSession } from './session.ts'

/** Where an object is, and where the one before is put while it is replaced. */
export interface Displaced {
  readonly name: string
  readonly aside: string
}

export const noSuchFile = 2

/** Of an answer of the server; undefined: it is none. */
export const codeOf = (error: unknown): number | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'number'
    ? error.code
    : undefined

export async function lstat(
  on: Pick<SftpSession, 'request'>,
  path: string,
  signal: AbortSignal | undefined,
): Promise<Stats | undefined> {
  return await on
    .request<Stats>((sftp, done) => sftp.lstat(path, done), signal)
    .catch((error: unknown) => {
      if (codeOf(error) === noSuchFile) return undefined
      throw error
    })
}

const rename = (
  on: Pick<SftpSession, 'request'>,
  from: string,
  to: string,
  signal: AbortSignal | undefined,
): Promise<void> => on.request<void>((sftp, done) => sftp.rename(from, to, done), signal)

/**
 * Puts the new file where the old one was. Servers without OpenSSH's extension refuse to rename over a file: there the
 * old one is put aside first, which for a moment leaves nobody at the name. When it fails, `putBack` brings that back.
 */
export async function replace(
  on: SftpSession,
  from: string,
  { name, aside }: Displaced,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    return await on.request<void>((sftp, done) => sftp.ext_openssh_rename(from, name, done), signal)
  } catch (error) {
    if (codeOf(error) !== undefined || signal?.aborted || !on.isOpen) throw error
  }
  if (!(await lstat(on, name, signal))) return await rename(on, from, name, signal)
  await rename(on, name, aside, signal)
  await rename(on, from, name, signal)
  // The new one is there; what stays is swept.
  await on.request<void>((sftp, done) => sftp.unlink(aside, done), signal).catch(() => undefined)
}

/** By a signal of its own and over a connection that works. A name somebody has again is left alone. */
export async function putBack(
  on: Pick<SftpSession, 'request'>,
  { name, aside }: Displaced,
  signal: AbortSignal,
): Promise<void> {
  if (await lstat(on, name, signal)) return
  // None was put aside, mostly.
  await rename(on, aside, name, signal).catch(() => undefined)
}
