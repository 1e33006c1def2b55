import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { uuidV5 } from '@holdfast/domain'
import { type CommandContext, type EventLog, LogUnavailable, subjectOf } from '@holdfast/event-log'
import type { KeySource } from '@holdfast/service'
import { calculateJwkThumbprint } from 'jose'
import { keyringCodec } from '../codecs/keyring-codec.ts'
import { keyrings } from '../commands/aggregates.ts'
import { ownContext } from '../commands/own-context.ts'
import { KeyStoreLost } from '../domain/errors.ts'
import type { Keyring } from '../domain/keyring.ts'
import type { KeyStore } from './key-store.ts'

export interface ActiveKey {
  /** RFC 7638 thumbprint of the public key. */
  readonly keyId: string
  readonly privateKey: KeyObject
}

/**
 * The keys that sign access tokens. Public halves are events of one keyring, private ones are wrapped in
 * the key store. A new key is durable there first, then in the log, then used. Verifiers meet a new key
 * id and fetch the set again, so a rotation needs no notice; the key before it stays in the set until
 * its last token has expired.
 */
export interface SigningKeys extends KeySource {
  active(): ActiveKey
  /** JSON Web Key Set, newest first. */
  keySet(): Promise<string>
  /** Starts the next key. Repeated with the same command it answers the same key. */
  rotate(context: CommandContext): Promise<{ readonly keyId: string; readonly sequence: bigint }>
  /** Takes in keys other instances have added. */
  refresh(): Promise<void>
  /** Retires a key that has been replaced, and forgets its private half. */
  retire(keyId: string): Promise<void>
}

const retryMs = 250

/**
 * Opens the keyring, with a first key when there is none. Throws `auth.key_store_lost`.
 *
 * While the log cannot be read, the keys that were in use go on being used: `knownKeys` are their ids, oldest first,
 * as the read models have them, and the key store has the rest. Where there are none yet, it waits for the log.
 */
export async function openSigningKeys(
  log: EventLog,
  store: KeyStore,
  knownKeys: () => Promise<readonly string[]>,
): Promise<SigningKeys> {
  const keyringId = uuidV5(log.lineageId, 'auth.keyring')
  const publicKeys = new Map<string, KeyObject>()
  /** Of the same keys, oldest first, as the key set has them. */
  let publicJwks: readonly string[] = []
  let active: ActiveKey | undefined

  /** Reads the state before anything is awaited: it is the living one. */
  function take({ keys }: Keyring): void {
    publicKeys.clear()
    for (const [keyId, { publicJwk }] of keys) publicKeys.set(keyId, publicKeyOf(publicJwk))
    publicJwks = [...keys.values()].map(({ publicJwk }) => publicJwk)
    const usable = [...keys.keys()].reverse()
    for (const keyId of usable) {
      if (active?.keyId === keyId) return
      const privateKey = store.signingKey(keyId)
      if (!privateKey) continue // added by a restore, or by another store: it verifies, it cannot sign
      active = { keyId, privateKey: privateKeyOf(privateKey) }
      return
    }
    active = undefined
  }

  /** Keys that came before the restore this generation began with. None while the log cannot be read. */
  async function ofEarlierGenerations(): Promise<readonly string[]> {
    if (log.generation === 1 || !log.status().isWritable) return []
    const found: string[] = []
    const history = log.history(subjectOf('auth', 'keyring', keyringId))
    for await (const { events, generation } of history) {
      if (generation === log.generation) continue
      for (const stored of events) {
        const event = keyringCodec.decode(stored)
        if (event.type === 'SigningKeyAdded' && publicKeys.has(event.keyId)) found.push(event.keyId)
      }
    }
    return found
  }

  async function retire(keyId: string): Promise<void> {
    const outcome = await log.execute(
      keyrings,
      keyringId,
      { type: 'RetireSigningKey', keyId },
      ownContext(),
    )
    take(outcome.state)
    await store.removeSigningKey(keyId)
  }

  const refresh = async () => take((await log.fold(keyrings, keyringId)).state)

  /** True when the keyring is up to date; while the log cannot be read, it is as it was last seen. */
  async function refreshIfReadable(): Promise<boolean> {
    // Whatever makes it take no changes also keeps others from adding a key.
    if (!log.status().isWritable) return false
    try {
      await refresh()
      return true
    } catch (error) {
      if (!LogUnavailable.is(error)) throw error
      return false
    }
  }

  /** The keyring from what is known without the log. */
  async function takeKnown(): Promise<void> {
    const keys: Keyring['keys'] = new Map()
    for (const keyId of await knownKeys()) {
      const privateKey = store.signingKey(keyId)
      if (privateKey) keys.set(keyId, { publicJwk: publicJwkOf(keyId, privateKeyOf(privateKey)) })
    }
    take({ keys, retired: new Set() })
  }

  async function rotate(context: CommandContext) {
    const { keyId, publicJwk, privateKey } = await newKey()
    await store.addSigningKey(keyId, privateKey)
    const outcome = await log.execute(
      keyrings,
      keyringId,
      { type: 'AddSigningKey', keyId, publicJwk },
      context,
    )
    const [added] = outcome.events
    const { sequence } = outcome
    take(outcome.state)
    if (added?.keyId !== keyId) await store.removeSigningKey(keyId) // repeated: the first one stands
    return { keyId: added?.keyId ?? keyId, sequence }
  }

  while (!(await refreshIfReadable())) {
    await takeKnown()
    if (active) break
    await setTimeout(retryMs)
  }
  // Tokens of the instance as it was before a restore are not to be taken: their sessions did not come back.
  const outlived = await ofEarlierGenerations()
  if (publicKeys.size > outlived.length && !(await store.hasSigningKeys())) {
    throw KeyStoreLost({ directory: store.directory })
  }
  if (!active || outlived.includes(active.keyId)) await rotate(ownContext())
  for (const keyId of outlived) await retire(keyId)

  return {
    active() {
      if (!active) throw new Error('an open keyring has a key that signs')
      return active
    },
    async key(keyId) {
      if (!publicKeys.has(keyId)) await refreshIfReadable()
      return publicKeys.get(keyId)
    },
    async keySet() {
      await refreshIfReadable()
      const jwks = [...publicJwks].reverse().map((publicJwk): unknown => JSON.parse(publicJwk))
      return JSON.stringify({ keys: jwks })
    },
    rotate,
    refresh,
    retire,
  }
}

async function newKey() {
  // Out as bytes and in again: a key still tied to the job that made it must not be exported as JWK (packages/crypto,
  // x25519.ts).
  const { privateKey } = generateKeyPairSync('ed25519', {
    privateKeyEncoding: { format: 'der', type: 'pkcs8' },
    publicKeyEncoding: { format: 'der', type: 'spki' },
  })
  const key = privateKeyOf(privateKey)
  const { kty, crv, x } = createPublicKey(key).export({ format: 'jwk' })
  if (kty !== 'OKP' || crv !== 'Ed25519' || x === undefined) throw new Error('not an Ed25519 key')
  const keyId = await calculateJwkThumbprint({ kty, crv, x })
  return { keyId, publicJwk: publicJwkOf(keyId, key), privateKey: new Uint8Array(privateKey) }
}

/** What the set says of a key, from its private half. */
function publicJwkOf(keyId: string, privateKey: KeyObject): string {
  const { kty, crv, x } = createPublicKey(privateKey).export({ format: 'jwk' })
  return JSON.stringify({ kty, crv, x, kid: keyId, use: 'sig', alg: 'EdDSA' })
}

const privateKeyOf = (pkcs8: Uint8Array): KeyObject =>
  createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })

function publicKeyOf(publicJwk: string): KeyObject {
  const { kty, crv, x } = JSON.parse(publicJwk)
  return createPublicKey({ key: { kty, crv, x }, format: 'jwk' })
}
