import { join } from 'node:path'
import type { DataDirectory } from './data-directory.ts'
import { writeWhole } from './write-whole.ts'

/** Full backups bring the root key apart, sealed to the operator's recipients; the password is of the first start alone. */
const leftOut = new Set(['HOLDFAST_ROOT_KEY', 'HOLDFAST_ADMIN_PASSWORD'])

/**
 * What the operator said in the environment, as a file systemd and a shell can read: full backups take it along, sealed
 * (SQ-07). It may hold secrets, as the environment may.
 */
export function keepEnvironment(
  data: Pick<DataDirectory, 'root'>,
  env: Readonly<Record<string, string | undefined>>,
): void {
  const lines = Object.entries(env)
    .filter(([name]) => name.startsWith('HOLDFAST_') && !leftOut.has(name))
    .map(([name, value = '']) => `${name}=${quoted(value)}\n`)
    .sort()
  writeWhole(join(data.root, 'environment.env'), lines.join(''))
}

const quoted = (value: string): string =>
  /^[A-Za-z0-9_./:@,+-]*$/.test(value)
    ? value
    : `"${value.replaceAll(/[\\"$`]/g, (character) => `\\${character}`)}"`
