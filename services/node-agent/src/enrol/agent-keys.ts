import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { generateX25519, x25519PublicKey } from '@holdfast/crypto'
import { readIfThere, writeDurably } from '../state/durable-file.ts'
import { generateUserKey, type UserKey } from './nkey.ts'

/** The agent's own secrets. They never leave the host. */
export interface AgentKeys {
  /** What the node's secrets are sealed to. */
  readonly enrolment: { readonly privateKey: Uint8Array; readonly publicKey: Uint8Array }
  readonly nats: UserKey
  /** Ed25519, 32 secret bytes: what the node cosigns checkpoints of the log with. */
  readonly witness: Uint8Array
}

interface KeysFile {
  readonly enrolment_private_key: string
  readonly nats_seed: string
  readonly nats_public_key: string
  /** Absent in files of agents from before there were witnesses. */
  readonly witness_private_key?: string
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
    const privateKey = bytes(file.enrolment_private_key)
    const witness = file.witness_private_key ?? freshWitnessKey()
    if (file.witness_private_key === undefined) {
      await save(path, { ...file, witness_private_key: witness })
    }
    return {
      enrolment: { privateKey, publicKey: x25519PublicKey(privateKey) },
      nats: { seed: file.nats_seed, publicKey: file.nats_public_key },
      witness: bytes(witness),
    }
  }
  const enrolment = generateX25519()
  const nats = generateUserKey()
  const witness = freshWitnessKey()
  const file: KeysFile = {
    enrolment_private_key: Buffer.from(enrolment.privateKey).toString('base64'),
    nats_seed: nats.seed,
    nats_public_key: nats.publicKey,
    witness_private_key: witness,
  }
  await save(path, file)
  return { enrolment, nats, witness: bytes(witness) }
}

const bytes = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const freshWitnessKey = (): string => randomBytes(32).toString('base64')
const save = (path: string, file: KeysFile): Promise<void> =>
  writeDurably(path, `${JSON.stringify(file, undefined, 2)}\n`)
