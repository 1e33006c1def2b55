import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { CliError, exitCodes } from './exit.ts'

/** What signing in leaves behind: one session a server. The file is readable by its owner only. */
export interface Session {
  readonly username: string
  readonly accessToken: string
  readonly refreshToken: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
}

interface CredentialsFile {
  readonly version: 1
  /** The server commands go to when none is named. */
  readonly current?: string
  readonly sessions: Readonly<Record<string, Session>>
}

/** `HOLDFAST_CREDENTIALS`, else below the XDG configuration directory. */
export const credentialsPath = (env: NodeJS.ProcessEnv): string =>
  env['HOLDFAST_CREDENTIALS'] ??
  join(env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'holdfast', 'credentials.json')

const empty: CredentialsFile = { version: 1, sessions: {} }

export function readCredentials(path: string): CredentialsFile {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return empty
    throw new CliError(`cannot read ${path}: ${(error as Error).message}`, exitCodes.failed)
  }
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && 'sessions' in parsed) {
      return parsed as CredentialsFile // our own file, written below
    }
  } catch {
    // Falls through: the file is damaged, and saying so beats overwriting it.
  }
  throw new CliError(`${path} is damaged: remove it and sign in again`, exitCodes.failed)
}

function write(path: string, file: CredentialsFile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 })
  chmodSync(temporary, 0o600)
  renameSync(temporary, path)
}

/** Keeps a session and makes its server the current one. */
export function saveSession(path: string, url: string, session: Session): void {
  const file = readCredentials(path)
  write(path, { version: 1, current: url, sessions: { ...file.sessions, [url]: session } })
}

export function dropSession(path: string, url: string): void {
  const { [url]: _gone, ...sessions } = readCredentials(path).sessions
  if (Object.keys(sessions).length === 0) rmSync(path, { force: true })
  else write(path, { version: 1, sessions })
}
