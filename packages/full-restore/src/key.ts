import {
  joinShards,
  loadRootKey,
  parseIdentities,
  type RootKey,
  recipientOf,
  recoveryIdentity,
  rootKeyFingerprint,
} from '@holdfast/crypto'

/** What somebody came with; one of them, in the order of these fields. */
export interface KeyMaterial {
  /** Shards of the root key, each a text. */
  readonly shards?: readonly string[]
  /** Text of a key file: the root key, or identities as `age-keygen` writes them. */
  readonly file?: string
  /** Of backups made under one, beside the root key. */
  readonly passphrase?: string
}

/** The key everything is opened with. */
export interface RestoreKey {
  /** Undefined for recovery identities: then the backup brings it, sealed to them. */
  readonly rootKey: RootKey | undefined
  readonly identities: readonly string[]
  readonly passphrase: string | undefined
  /** For people: tells it from others, gives nothing away. */
  readonly shown: string
  readonly how: 'root_key' | 'recovery_identity' | 'shards' | 'passphrase'
}

const isIdentityFile = (text: string): boolean => /^AGE-SECRET-KEY-1/im.test(text)

/** Reads what was given. Throws crypto.… errors; nothing of the key is in them. */
export async function keyFrom({ shards, file, passphrase }: KeyMaterial): Promise<RestoreKey> {
  if (shards !== undefined) return ofRootKey(await joinShards(shards), 'shards', passphrase)
  if (file !== undefined && isIdentityFile(file)) {
    const identities = parseIdentities(file)
    const shown = identities.map(recipientOf).join(', ')
    return { rootKey: undefined, identities, passphrase, shown, how: 'recovery_identity' }
  }
  if (file === undefined && passphrase !== undefined)
    return {
      ...{ rootKey: undefined, identities: [], passphrase },
      ...{ shown: 'a passphrase', how: 'passphrase' as const },
    }
  return ofRootKey(loadRootKey({ reveal: () => file ?? '' }), 'root_key', passphrase)
}

function ofRootKey(
  rootKey: RootKey,
  how: 'root_key' | 'shards',
  passphrase: string | undefined,
): RestoreKey {
  const identities = [recoveryIdentity(rootKey).identity]
  return { rootKey, identities, passphrase, shown: rootKeyFingerprint(rootKey), how }
}
