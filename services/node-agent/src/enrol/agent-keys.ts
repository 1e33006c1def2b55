import { join } from 'node:path'
import { generateX25519, x25519PublicKey } from '@holdfast/crypto'
import { readIfThere, writeDurably } from '../state/durable-file.ts'
import { generateUserKey, type UserKey } from './nkey.ts'

/** The agent's own secrets. They never leave the host. */
export interface AgentKeys {
  /** What the node's secrets are sealed to. */
  readonly enrolment: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array }
  readonly nats: UserKey
}

interface KeysFile {
  readonly enrolment_private_key: string
  readonly nats_seed: string
  readonly nats_public_key: string
}

/**
 * Reads the keys, or makes them once. They are on disk before anybody is told of them, so that an
 * enrolment that was interrupted can be repeated with the same ones.
 */
export async function agentKeys(dataFolder: string): Promise<AgentKeys> {
  const path = join(dataFolder, 'keys.json')
  const content = await readIfThere(path)
  if (content) {
    const file = JSON.parse(content.toString()) as KeysFile // as: we wrote it
    const privateKey = new Uint8Array(Buffer.from(file.enrolment_private_key, 'base64'))
    return {
      enrolment: { privateKey, publicKey: x25519PublicKey(privateKey) },
      nats: { seed: file.nats_seed, publicKey: file.nats_public_key },
    }
  }
  const enrolment = generateX25519()
  const nats = generateUserKey()
  const file: KeysFile = {
    enrolment_private_key: Buffer.from(enrolment.privateKey).toString('base64'),
    nats_seed: nats.seed,
    nats_public_key: nats.publicKey,
  }
  await writeDurably(path, `${JSON.stringify(file, undefined, 2)}\n`)
  return { enrolment, nats }
}
