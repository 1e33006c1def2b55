import { readFile } from 'node:fs/promises'

/** Who Postgres runs as. It refuses to run as root. */
export interface RunAs {
  readonly uid: number
  readonly gid: number
}

/** `initdb` looks its user up by name, so a bare number will not do: these are accounts a system may have. */
const accounts = ['holdfast', 'nobody']

/** Undefined: as ourselves. */
export async function unprivilegedUser(): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  for (const account of accounts) {
    const [, , uid, gid] = lines.find(([name]) => name === account) ?? []
    if (uid !== undefined && gid !== undefined && Number(uid) > 0) {
      return { uid: Number(uid), gid: Number(gid) }
    }
  }
  throw new Error(
    `started as root, and there is no account (${accounts.join(', ')}) to run Postgres as`,
  )
}
