import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type KeyRing, keyRing, open, type SealContext, type Sealed, seal } from '@holdfast/crypto'
import type { KeyService } from '@holdfast/proto'
import { type Client, createDurably, makeDirectory } from '@holdfast/service'

/** The private halves of signing keys. */
export interface KeyFiles {
  /** Of that public key; undefined when it is not here. */
  find(publicKey: Uint8Array): Promise<Uint8Array | undefined>
  /** On disk before it returns. */
  keep(publicKey: Uint8Array, privateKey: Uint8Array): Promise<void>
}

/**
 * One file a key, created once and never changed: `<public key, hex>.json`. The private key is sealed with a data key
 * auth hands out for the kind `audit` and the lineage as owner, so that a copied directory opens nothing without the
 * root key. Several instances of the service share the directory.
 */
export function keyFiles(options: {
  readonly directory: string
  readonly lineageId: string
  /** The aggregate of the keys. */
  readonly objectId: string
  readonly keyService: Pick<Client<typeof KeyService>, 'getDataKeys'>
}): KeyFiles {
  const { directory, lineageId, objectId, keyService } = options
  const pathOf = (publicKey: Uint8Array): string => join(directory, `${hex(publicKey)}.json`)
  const contextOf = (publicKey: Uint8Array): SealContext => ({
    ownerId: lineageId,
    objectId,
    field: `log_signing_key.${hex(publicKey)}`,
  })

  async function ring(): Promise<KeyRing> {
    const { keys } = await keyService.getDataKeys({ ownerId: lineageId, kind: 'audit' })
    return keyRing(
      keys.map(({ id, key, isActive }) => ({
        id: id ?? '',
        key: new Uint8Array(key ?? []),
        isActive: isActive ?? false,
      })),
    )
  }

  return {
    async find(publicKey) {
      const text = await contentsOf(pathOf(publicKey))
      if (text === undefined) return undefined
      return open(await ring(), contextOf(publicKey), parse(text, pathOf(publicKey)))
    },
    async keep(publicKey, privateKey) {
      await makeDirectory(directory)
      const { keyId, nonce, ciphertext } = seal(await ring(), contextOf(publicKey), privateKey)
      const contents = {
        format: 1,
        key_id: keyId,
        nonce: base64(nonce),
        ciphertext: base64(ciphertext),
      }
      await createDurably(pathOf(publicKey), `${JSON.stringify(contents)}\n`)
    },
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

async function contentsOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function parse(text: string, path: string): Sealed {
  const damaged = (cause?: unknown) => new Error(`${path} is no signing key`, { cause })
  try {
    // as: every field is looked at below
    const found = JSON.parse(text) as Readonly<Record<string, unknown>>
    const { format, key_id: keyId, nonce, ciphertext } = found
    if (
      format !== 1 ||
      typeof keyId !== 'string' ||
      typeof nonce !== 'string' ||
      typeof ciphertext !== 'string'
    )
      throw damaged()
    return {
      keyId,
      nonce: new Uint8Array(Buffer.from(nonce, 'base64')),
      ciphertext: new Uint8Array(Buffer.from(ciphertext, 'base64')),
    }
  } catch (error) {
    throw damaged(error)
  }
}
