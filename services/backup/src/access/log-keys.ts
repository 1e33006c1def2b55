import { join } from 'node:path'
import {
  followRotations,
  formatKeyList,
  type KeyChain,
  openTombstone,
  openTreeCheckpoint,
  parseVerifierKey,
  type SignedCheckpoint,
  type Tombstone,
  TrustError,
} from '@holdfast/merkle'
import type { ProofService } from '@holdfast/proto'
import { type Client, makeDirectory, replaceDurably } from '@holdfast/service'

/** The keys of the log as audit tells them. */
export interface AuditKeys {
  openCheckpoint(note: string): Promise<SignedCheckpoint>
  openTombstone(note: string): Promise<Tombstone>
}

const keyWaitMs = 5_000

/**
 * Keeps them in `<folder>/keys.json`, so that the archive can be verified where there is no log. Asked again when
 * something is signed by a key nobody knows yet.
 */
export function auditKeys(
  proofs: Pick<Client<typeof ProofService>, 'listSigningKeys'>,
  folder: string,
): AuditKeys {
  let chain: KeyChain | undefined

  async function load(): Promise<KeyChain> {
    const { keys } = await proofs.listSigningKeys({}, { timeoutMs: keyWaitMs })
    const [first, ...others] = keys
    const firstKey = parseVerifierKey(first?.verifierKey ?? '')
    const rotations = others.map(({ rotationStatement, rotationSignature }) => ({
      statement: rotationStatement ?? new Uint8Array(),
      signature: rotationSignature ?? new Uint8Array(),
    }))
    const loaded = followRotations(firstKey, rotations)
    await makeDirectory(folder)
    await replaceDurably(join(folder, 'keys.json'), formatKeyList({ firstKey, rotations }))
    return loaded
  }

  async function withKeys<T>(open: (chain: KeyChain) => T): Promise<T> {
    if (chain) {
      try {
        return open(chain)
      } catch (error) {
        if (!(error instanceof TrustError)) throw error
      }
    }
    chain = await load()
    return open(chain)
  }

  return {
    openCheckpoint: (note) => withKeys((keys) => openTreeCheckpoint(note, keys)),
    openTombstone: (note) => withKeys((keys) => openTombstone(note, keys)),
  }
}
