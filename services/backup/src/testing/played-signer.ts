import { createHash } from 'node:crypto'
import type { EventLog } from '@holdfast/event-log'
import {
  formatCheckpoint,
  formatOrigin,
  leafHash,
  signer,
  signNote,
  TreeHead,
} from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'
import type { RollbackParts } from '../restores/rollback-point.ts'

const seed = createHash('sha256').update('a key').digest()

/** Audit, as far as signing goes: its tree is made of the log, not of the archive. */
export function playedSigner(
  log: Pick<EventLog, 'lineageId' | 'generation' | 'safeHead' | 'read'>,
): RollbackParts['proofs'] {
  const origin = formatOrigin({ lineageId: log.lineageId, generation: log.generation })
  const tree = TreeHead.empty()
  return {
    listSigningKeys: async () =>
      new holdfast.audit.v1.ListSigningKeysResponse({
        keys: [{ verifierKey: signer(origin, seed).key.text }],
      }),
    async signCheckpoint() {
      const head = await log.safeHead()
      while (tree.size < head) {
        const commit = await log.read(tree.size + 1n)
        if (!commit) throw new Error('a safe commit is there')
        const { sequence, subject, commitId: messageId, bytes: payload } = commit
        tree.append(leafHash({ sequence, subject, messageId, payload }))
      }
      const text = formatCheckpoint({ origin, size: tree.size, root: tree.root(), extensions: [] })
      return new holdfast.audit.v1.SignCheckpointResponse({
        checkpoint: { size: Number(tree.size), note: signNote(text, signer(origin, seed)) },
      })
    },
  }
}
