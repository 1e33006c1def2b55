import { join } from 'node:path'
import type { EventLog } from '@holdfast/event-log'
import { openCheckpoint } from '@holdfast/merkle'
import type { KeyService, KeysetService, ProofService } from '@holdfast/proto'
import type { Client } from '@holdfast/service'
import type { Work } from '../work/work.ts'
import { logKeys } from './rollback-point.ts'

export interface VerifyParts {
  readonly log: Pick<EventLog, 'lineageId' | 'generation'>
  readonly proofs: Pick<Client<typeof ProofService>, 'listSigningKeys'>
  readonly keys: Pick<Client<typeof KeyService>, 'getDataKeys'>
  readonly keysets: Pick<Client<typeof KeysetService>, 'getRecoveryRecipient'>
  readonly work: Pick<Work, 'run'>
  readonly archiveDir: string
}

export interface VerifiedPoint {
  readonly findings: readonly string[]
  readonly commits: bigint
  readonly checkpointSize: bigint
  readonly root: Uint8Array
  readonly archiveKeyFingerprint: string
  readonly keyFingerprint: string
  readonly keysOpen: boolean
  readonly tookMs: number
}

/** From the files alone: every byte, the root, the signature over it; and whether the keys they are sealed with are here (E-12). */
export async function verifyPoint(
  parts: VerifyParts,
  upTo: bigint,
  signal: AbortSignal,
): Promise<VerifiedPoint> {
  const { log, work, archiveDir } = parts
  const startedAt = performance.now()
  const directory = join(archiveDir, log.lineageId, `${log.generation}`)
  const [read, chain, recipient, keysOpen] = await Promise.all([
    work.run('restore.read-archive', { directory, upTo }, { signal }),
    logKeys(parts.proofs, signal),
    parts.keysets.getRecoveryRecipient({}, { signal }),
    opens(parts, signal),
  ])
  const findings = [...read.findings]
  let checkpointSize = 0n
  if (read.note !== '') {
    try {
      checkpointSize = openCheckpoint(read.note, chain).size
    } catch (error) {
      findings.push(`checkpoint of ${read.noteSize} commits: ${messageOf(error)}`)
    }
  }
  const keyFingerprint = recipient.rootKeyFingerprint
  // The first segment may be older than the last rotation.
  const known = [keyFingerprint, ...recipient.formerFingerprints]
  if (!known.includes(read.rootKeyFingerprint))
    findings.push(
      `the archive is of root key ${read.rootKeyFingerprint || '(unknown)'}, and this instance has ${keyFingerprint}`,
    )
  if (!keysOpen) findings.push('data keys of this instance cannot be opened')
  return {
    findings,
    commits: read.commits,
    checkpointSize,
    root: read.root,
    archiveKeyFingerprint: read.rootKeyFingerprint,
    keyFingerprint,
    keysOpen,
    tookMs: Math.round(performance.now() - startedAt),
  }
}

/** Sealed by the root key, opened by it, by whoever keeps the keys. */
async function opens({ keys, log }: VerifyParts, signal: AbortSignal): Promise<boolean> {
  try {
    const found = await keys.getDataKeys({ ownerId: log.lineageId, kind: 'backup' }, { signal })
    return found.keys.some(({ isActive, key }) => isActive === true && key?.length === 32)
  } catch {
    signal.throwIfAborted()
    return false
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown')
