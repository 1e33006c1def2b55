import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { StorageDenied, StorageRefused } from '../errors.ts'

const maxBytes = 64 * 1024

/** Why a path cannot be a private key's, as far as the text says. */
export function keyPathRefusal(path: string, keysDir: string | undefined): string | undefined {
  if (keysDir === undefined) {
    return 'there is no directory for keys (HOLDFAST_BACKUP_KEYS_DIR); give private_key instead'
  }
  const inside = relative(resolve(keysDir), resolve(keysDir, path))
  return inside === '' || inside.startsWith('..') || isAbsolute(inside)
    ? 'must lie in the directory for keys (HOLDFAST_BACKUP_KEYS_DIR)'
    : undefined
}

/**
 * Reads a private key from the directory for keys. A link anywhere on the way is refused, so that whoever may write
 * there cannot make us read what is elsewhere; outside of it every path is answered alike, whether something is there or not.
 */
export async function readKeyFile(
  path: string,
  keysDir: string | undefined,
  field = 'private_key_path',
): Promise<string> {
  const why = keyPathRefusal(path, keysDir)
  if (why !== undefined || keysDir === undefined) {
    throw StorageRefused({ why: `${field} ${why}` })
  }
  const base = await realpath(keysDir).catch(() => {
    throw StorageRefused({ why: 'the directory for keys is not there' })
  })
  const expected = join(base, relative(resolve(keysDir), resolve(keysDir, path)))
  const real = await realpath(expected).catch(() => undefined)
  if (real === undefined) throw StorageDenied({ why: `there is no key file ${path}` })
  if (real !== expected) throw StorageRefused({ why: `${field} leads over a link` })
  const file = await open(expected, constants.O_RDONLY | constants.O_NOFOLLOW).catch(() => {
    throw StorageDenied({ why: `the key file ${path} cannot be opened` })
  })
  try {
    const { size } = await file.stat().then((found) => (found.isFile() ? found : { size: -1 }))
    if (size < 0 || size > maxBytes) throw StorageRefused({ why: `${path} is no key file` })
    return (await file.readFile()).toString('utf8')
  } finally {
    await file.close()
  }
}
