import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { writeCheckpointNote } from '@holdfast/archive'
import { DomainError } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import { followRotations, type KeyChain, openCheckpoint } from '@holdfast/merkle'
import type { ProofService } from '@holdfast/proto'
import type { Client } from '@holdfast/service'
import type { RollbackPoint } from '../domain/restore.ts'
import { RollbackPointFailed } from '../domain/restore-errors.ts'
import type { Work } from '../work/work.ts'

/** FB-63: kept that long at least, whatever is pruned. */
export const rollbackKeptMs = 7 * 86_400_000

export interface RollbackParts {
  readonly log: Pick<EventLog, 'safeHead' | 'lineageId' | 'generation'>
  readonly proofs: Pick<Client<typeof ProofService>, 'signCheckpoint' | 'listSigningKeys'>
  readonly work: Pick<Work, 'run'>
  readonly archiveDir: string
  now(): number
}

export type TakeRollbackPoint = (signal: AbortSignal) => Promise<RollbackPoint>

/** For the signer to come as far as the log, and for the archive. */
const patienceMs = 30_000
const callMs = 15_000

/**
 * Makes sure that everything up to now can be gone back to: it is archived and on the disk (`safeHead`), signed, and was
 * read back byte by byte with the root that was signed. The point itself is a position of the log (docs/adr/0035).
 * Throws restore.rollback_point_failed.
 */
export function rollbackPoint(parts: RollbackParts): TakeRollbackPoint {
  const { log, proofs, work, archiveDir } = parts

  async function signedAt(head: bigint, signal: AbortSignal) {
    const chain = await logKeys(proofs, signal)
    const deadline = performance.now() + patienceMs
    for (;;) {
      const { checkpoint } = await proofs.signCheckpoint({}, { signal, timeoutMs: callMs })
      const signed = openCheckpoint(checkpoint?.note ?? '', chain)
      if (signed.size >= head) return { ...signed, note: checkpoint?.note ?? '' }
      if (performance.now() > deadline)
        throw new Error(`the last checkpoint has ${signed.size} commits of ${head}`)
      await delay(100, undefined, { signal })
    }
  }

  return async (signal) => {
    try {
      const head = await log.safeHead()
      if (head === 0n) throw new Error('nothing is known to be archived')
      const signed = await signedAt(head, signal)
      // The signer may be ahead of what was asked for: what it signed has to be archived as well.
      if (signed.size > head) await safeTo(signed.size, signal)
      const directory = join(archiveDir, log.lineageId, `${log.generation}`)
      const read = await work.run(
        'restore.read-archive',
        { directory, upTo: signed.size },
        { signal },
      )
      const [finding] = read.findings
      if (finding !== undefined) throw new Error(finding)
      if (Buffer.compare(read.root, signed.root) !== 0)
        throw new Error('what was read back has another root than was signed')
      await writeCheckpointNote(archiveDir, log.lineageId, signed.size, signed.note)
      return {
        checkpointSize: signed.size,
        checkpointNote: signed.note,
        keptUntilUnixMs: parts.now() + rollbackKeptMs,
        withoutBecause: '',
      }
    } catch (error) {
      signal.throwIfAborted()
      throw RollbackPointFailed({ reason: wordsOf(error) }, { cause: error })
    }
  }

  async function safeTo(size: bigint, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + patienceMs
    while ((await log.safeHead()) < size) {
      if (performance.now() > deadline) throw new Error(`the archive does not reach ${size}`)
      await delay(50, undefined, { signal })
    }
  }
}

/** Keys of the log, the first vouching for the others. */
export async function logKeys(
  proofs: Pick<Client<typeof ProofService>, 'listSigningKeys'>,
  signal: AbortSignal,
): Promise<KeyChain> {
  const { keys } = await proofs.listSigningKeys({}, { signal, timeoutMs: callMs })
  const [first, ...others] = keys
  return followRotations(
    first?.verifierKey ?? '',
    others.map(({ rotationStatement, rotationSignature }) => ({
      statement: rotationStatement ?? new Uint8Array(),
      signature: rotationSignature ?? new Uint8Array(),
    })),
  )
}

const wordsOf = (error: unknown): string => {
  const text = error instanceof DomainError || error instanceof Error ? error.message : 'unknown'
  return text.replace(/\.$/, '').slice(0, 300)
}
