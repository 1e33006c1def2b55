import { readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { type Commit, openLog } from '@holdfast/event-log'
import { connectAdmin, revokeUser } from '@holdfast/event-log/admin'
import { holdfast } from '@holdfast/proto'
import { createTelemetry } from '@holdfast/telemetry'
import type { Journal } from './journal.ts'
import { writeWhole } from './write-whole.ts'

export interface RevocationOptions {
  readonly url: string
  readonly caFile: string
  readonly stream: string
  /** Of the guard, who reads everything. */
  readonly credentialsFile: string
  /** Of the system account, whose users may update accounts. */
  readonly systemCredentialsFile: string
  readonly operatorSeedFile: string
  /** Public key. */
  readonly account: string
  /** Keeps the sequence up to which revocations are in force. */
  readonly checkpointFile: string
  readonly journal: Journal
  readonly signal: AbortSignal
}

const retryMs = 5_000

/**
 * Carries out at the NATS server what the log says: a node whose identity was revoked, or a subscriber that was, is
 * cut off and stays refused. Only the supervisor can, because only it holds the operator's key. Runs until the signal
 * aborts.
 *
 * A revocation takes away what was issued until it was decided, so that it may happen again after the node has enrolled
 * anew: after a restore all of them do, on a server that knows of none. The checkpoint saves the work.
 */
export async function followRevocations(options: RevocationOptions): Promise<void> {
  const { journal, signal } = options
  while (!signal.aborted) {
    try {
      await follow(options)
    } catch (error) {
      if (signal.aborted) return
      const reason = error instanceof Error ? error.message : String(error)
      journal.say('error', 'who was revoked cannot be cut off, trying again', { reason })
      await wait(retryMs, undefined, { signal, ref: false }).catch(() => undefined)
    }
  }
}

async function follow(options: RevocationOptions): Promise<void> {
  const { url, caFile, stream, credentialsFile, checkpointFile, signal } = options
  const log = await openLog({
    url,
    caFile,
    stream,
    credentialsFile,
    name: 'guard',
    context: 'supervisor',
    telemetry: createTelemetry('supervisor', { level: 'silent' }),
  })
  try {
    await log.subscribe(
      {
        from: readCheckpoint(checkpointFile) + 1n,
        filter: 'evt.auth.>',
        name: 'supervisor.node-revocations',
        signal,
      },
      async (commits) => {
        const reached = ({ sequence }: Commit): void => writeWhole(checkpointFile, `${sequence}\n`)
        for (const commit of commits) {
          const keys = revokedKeys(commit)
          if (keys.length === 0) continue
          await revoke(keys, commit.timeUnixMs, options)
          reached(commit)
        }
        // Most commits of auth revoke nothing: one write for all of them.
        const last = commits.at(-1)
        if (last) reached(last)
      },
    )
  } finally {
    await log.close()
  }
}

const { NodeIdentityRevoked, SubscriberRevoked, SubscriberRotated } = holdfast.auth.v1

const revokedKeys = ({ events }: Commit): readonly string[] =>
  events
    .map(({ type, data }) => {
      if (type === 'NodeIdentityRevoked') return NodeIdentityRevoked.decode(data).natsPublicKey
      if (type === 'SubscriberRotated') return SubscriberRotated.decode(data).oldNatsPublicKey
      if (type === 'SubscriberRevoked') return SubscriberRevoked.decode(data).natsPublicKey
      return ''
    })
    // A node that never used its token has none.
    .filter((key) => key !== '')

async function revoke(
  keys: readonly string[],
  issuedUntilUnixMs: number,
  options: RevocationOptions,
): Promise<void> {
  const system = await connectAdmin({
    url: options.url,
    caFile: options.caFile,
    credentialsFile: options.systemCredentialsFile,
    name: 'system',
  })
  try {
    for (const userPublicKey of keys) {
      await revokeUser(system, {
        operatorSeed: readFileSync(options.operatorSeedFile, 'utf8').trim(),
        account: options.account,
        userPublicKey,
        issuedUntilUnixMs,
      })
      options.journal.say('info', 'who was revoked is cut off', { userPublicKey })
    }
  } finally {
    await system.close()
  }
}

function readCheckpoint(path: string): bigint {
  try {
    return BigInt(readFileSync(path, 'utf8').trim())
  } catch {
    return 0n
  }
}
