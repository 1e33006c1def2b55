import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeCheckpointNote } from '@holdfast/archive'
import type { EventLog } from '@holdfast/event-log'
import {
  FormatError,
  followRotations,
  type KeyChain,
  openCheckpoint,
  TrustError,
} from '@holdfast/merkle'
import type { ProofService } from '@holdfast/proto'
import type { Client } from '@holdfast/service'
import type { Logger } from '@holdfast/telemetry'

export interface KeepCheckpointsOptions {
  readonly log: Pick<EventLog, 'onSignal' | 'lineageId'>
  readonly proofs: Pick<Client<typeof ProofService>, 'listSigningKeys'>
  /** Of the archive. */
  readonly directory: string
  /** Later ones prove what earlier ones do; the oldest go. Default 500. */
  readonly keep?: number
  /** Sizes whose notes stay whatever comes after them. While nobody can tell, none goes. */
  readonly pinned?: () => Promise<ReadonlySet<bigint>>
  readonly logger: Logger
}

/** What audit sends out after each signing, as a note. */
const subject = 'ctl.audit.checkpoint'
const defaultKeep = 500
const keyWaitMs = 5_000

/**
 * Keeps signed checkpoints beside the segments, so that the archive can be verified by itself and audit finds what it
 * signed even without its database. Anybody could have an answer sent to the subject, so only what the log's keys
 * signed is taken.
 */
export function keepCheckpoints(options: KeepCheckpointsOptions): { stop(): Promise<void> } {
  const { log, proofs, directory, keep = defaultKeep, logger } = options
  const folder = join(directory, log.lineageId, 'checkpoints')
  let chain: KeyChain | undefined
  let sizes: bigint[] | undefined
  /** Only the newest matters: what comes while one is written replaces what waits. */
  let next: string | undefined
  let working: Promise<void> | undefined

  async function keys(): Promise<KeyChain> {
    const { keys: all } = await proofs.listSigningKeys({}, { timeoutMs: keyWaitMs })
    const [first, ...others] = all
    const rotations = others.map(({ rotationStatement, rotationSignature }) => ({
      statement: rotationStatement ?? new Uint8Array(),
      signature: rotationSignature ?? new Uint8Array(),
    }))
    return followRotations(first?.verifierKey ?? '', rotations)
  }

  async function opened(note: string) {
    try {
      chain ??= await keys()
      return openCheckpoint(note, chain)
    } catch (error) {
      if (!(error instanceof TrustError)) throw error
      chain = await keys() // the key may be a new one
      return openCheckpoint(note, chain)
    }
  }

  async function take(note: string): Promise<void> {
    const { size } = await opened(note)
    await writeCheckpointNote(directory, log.lineageId, size, note)
    sizes ??= await sizesIn(folder)
    if (!sizes.includes(size)) sizes.push(size)
    if (sizes.length <= keep) return
    const pinned = (await options.pinned?.()) ?? new Set<bigint>()
    const spared: bigint[] = []
    // The newest stays in any case.
    while (sizes.length > 1 && sizes.length + spared.length > keep) {
      const oldest = sizes.shift()
      if (oldest === undefined) break
      if (pinned.has(oldest)) spared.push(oldest)
      else await rm(join(folder, `${oldest}.note`), { force: true })
    }
    sizes.unshift(...spared)
  }

  async function work(): Promise<void> {
    for (let note = next; note !== undefined; note = next) {
      next = undefined
      try {
        await take(note)
      } catch (error) {
        const isRubbish = error instanceof FormatError || error instanceof TrustError
        // Audit sends the last one again every minute.
        logger[isRubbish ? 'warn' : 'info']({ err: error }, 'a checkpoint was not kept')
      }
    }
    working = undefined
  }

  const stopListening = log.onSignal(subject, (data) => {
    next = Buffer.from(data).toString('utf8')
    working ??= work()
  })
  return {
    async stop() {
      stopListening()
      await working
    },
  }
}

/** Smallest first. */
async function sizesIn(folder: string): Promise<bigint[]> {
  const sizes = (await readdir(folder))
    .map((name) => /^(\d{1,19})\.note$/.exec(name)?.[1])
    .filter((size) => size !== undefined)
    .map(BigInt)
  return sizes.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}
