import { existsSync, readFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyStoreDamaged } from '../domain/errors.ts'

/** The files of the key store, and what stands in them. */
export const foldersOf = (directory: string) => ({
  data: join(directory, 'data'),
  signing: join(directory, 'signing'),
})

export const namesIn = async (folder: string): Promise<string[]> =>
  existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith('.json')) : []

/** What a data key is wrapped under. */
export const dataName = (owner: string, kind: string, id: string): string =>
  `data/${owner}/${kind}/${id}`
export const signingName = (keyId: string): string => `signing/${keyId}`

export const keyFile = (id: string, wrapped: Uint8Array): string =>
  `${JSON.stringify({ format: 1, id, wrapped: Buffer.from(wrapped).toString('base64') })}\n`

export function readKeyFile(path: string): { readonly id: string; readonly wrapped: Uint8Array } {
  const { id, wrapped } = readJson(path)
  if (typeof id !== 'string' || typeof wrapped !== 'string') throw KeyStoreDamaged({ file: path })
  return { id, wrapped: new Uint8Array(Buffer.from(wrapped, 'base64')) }
}

const dataFile = /^([a-z0-9][a-z0-9-]{0,63})\.([a-z][a-z0-9-]{0,31})\.(\d+|destroyed)\.json$/

/** Whose key a file of `data/` is, and whether it says that there are none any more. */
export function parseDataFile(name: string) {
  const [, owner, kind, number] = dataFile.exec(name) ?? []
  return owner === undefined || kind === undefined
    ? undefined
    : { owner, kind, isTombstone: number === 'destroyed' }
}

function readJson(path: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (
      parsed !== null &&
      typeof parsed === 'object' &&
      'format' in parsed &&
      parsed.format === 1
    ) {
      return { ...parsed }
    }
  } catch (cause) {
    throw KeyStoreDamaged({ file: path }, cause)
  }
  throw KeyStoreDamaged({ file: path })
}
