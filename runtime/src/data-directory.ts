import { chmodSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Everything a suite keeps, below one directory. `postgres/` is laid out by packages/embedded. */
export interface DataDirectory {
  readonly root: string
  /** Root key's file; created at the first start unless HOLDFAST_ROOT_KEY brings one. */
  readonly rootKey: string
  /** The key store: wrapped data keys, the internal authority, seeds of NATS identities. */
  readonly keys: string
  /** One directory a process: certificate, NATS credentials, database address. Made again when lost. */
  readonly identities: string
  /** Configuration and store of the server that holds the log. */
  readonly nats: string
  /** How far the log was seen whole: outside of the server's own directory and of the archive. */
  readonly guard: string
  /** The second copy of the log; anywhere, another disk best. */
  readonly archive: string
  /** Of the built-in storage location. */
  readonly backups: string
  readonly agent: string
  readonly logs: string
  /** Control socket. */
  readonly run: string
  /** System packages fetched into a private root. */
  readonly packages: string
}

/** Makes the directories that are missing, for our eyes only. `archive` may lie elsewhere. */
export function openDataDirectory(path: string, archive?: string): DataDirectory {
  const root = resolve(path)
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const made = (directory: string) => {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    return directory
  }
  const below = (name: string) => {
    const directory = made(join(root, name))
    // Also when somebody made it by hand, as a backup tool would.
    chmodSync(directory, 0o700)
    return directory
  }
  return {
    root,
    rootKey: join(root, 'root.key'),
    keys: below('keys'),
    identities: below('identities'),
    nats: below('nats'),
    guard: below('guard'),
    // One that lies elsewhere may be a mount point others have business with: what we put there is closed.
    archive: archive === undefined ? below('archive') : made(resolve(archive)),
    backups: below('backups'),
    agent: below('agent'),
    logs: below('logs'),
    run: below('run'),
    packages: join(root, 'packages'),
  }
}
