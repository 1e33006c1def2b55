import { keyBytes } from './aead.ts'

export interface DataKey {
  readonly id: string
  /** 32 bytes. */
  readonly key: Uint8Array
  readonly isActive: boolean
}

/** The data keys of one owner and kind: new values are sealed with `active`, old ones name theirs. */
export interface KeyRing {
  readonly active: DataKey
  byId(id: string): DataKey | undefined
}

/** Throws unless every key has 32 bytes and exactly one is active. */
export function keyRing(keys: readonly DataKey[]): KeyRing {
  const byId = new Map(keys.map((key) => [key.id, key]))
  const [active, ...others] = keys.filter((key) => key.isActive)
  if (!active || others.length > 0) throw new Error('a key ring has exactly one active key')
  if (keys.some(({ key }) => key.length !== keyBytes)) {
    throw new Error(`a data key has ${keyBytes} bytes`)
  }
  return { active, byId: (id) => byId.get(id) }
}
