import { guardStream } from '../approval.ts'
import { LogMismatch } from '../errors.ts'
import type { Ingest } from '../ingest.ts'
import { ApiError, errorCodes, type StreamConfig, type StreamInfo } from '../jetstream-api.ts'
import {
  type ConfigDrift,
  driftBetween,
  guardStreamConfig,
  identityOf,
  logStreamConfig,
} from '../stream-config.ts'
import type { AdminConnection } from './connection.ts'
import { probeServer } from './probe.ts'

export interface LogSpec {
  /** For example `EVT_1`. */
  readonly stream: string
  /** UUID. */
  readonly lineageId: string
  /** From 1. */
  readonly generation: number
  /** The subjects the streams listen to. */
  readonly ingest: Ingest
  /** Upper bound of the stream on disk; writes are refused beyond. */
  readonly maxBytes: number
  /** 1 or 3. Default 1. */
  readonly replicas?: number
  /**
   * Whether a stream that has to be made takes atomic batches. Without it the server is probed, which
   * needs rights the guard does not have.
   */
  readonly allowsBatches?: boolean
}

export interface Provisioned {
  readonly isNew: boolean
  readonly lastSequence: bigint
  /** Settings that are not what they have to be. Empty for a new stream. */
  readonly drift: readonly ConfigDrift[]
}

/** Undefined when there is no such stream. */
export async function infoOf(
  admin: AdminConnection,
  stream: string,
): Promise<StreamInfo | undefined> {
  try {
    return await admin.link.api.streamInfo(stream)
  } catch (error) {
    if (error instanceof ApiError && error.errorCode === errorCodes.streamNotFound) return undefined
    throw error
  }
}

async function created(admin: AdminConnection, config: StreamConfig): Promise<StreamInfo> {
  return await admin.link.api.call<StreamInfo>(`STREAM.CREATE.${config.name}`, config)
}

/**
 * The configuration a log of this kind has on this server. Batches are part of it where they work,
 * or where the stream was made to take them.
 */
export async function expectedConfig(admin: AdminConnection, spec: LogSpec): Promise<StreamConfig> {
  const existing = await infoOf(admin, spec.stream)
  const allowsBatches = existing
    ? existing.config['allow_atomic'] === true
    : (spec.allowsBatches ?? (await probeServer(admin)).hasAtomicBatches)
  const { lineageId, generation } = spec
  return logStreamConfig({
    stream: spec.stream,
    identity: { lineageId, generation },
    ingest: spec.ingest,
    maxBytes: spec.maxBytes,
    replicas: spec.replicas ?? 1,
    allowsBatches,
  })
}

/**
 * Creates the log and the guard's stream where they are missing; changes nothing that exists. What a
 * new stream was given is read back and compared: old servers drop settings they do not know.
 * Throws `log.mismatch` when the stream belongs to another log.
 */
export async function provisionLog(admin: AdminConnection, spec: LogSpec): Promise<Provisioned> {
  const { stream } = spec
  const config = await expectedConfig(admin, spec)
  if (!(await infoOf(admin, guardStream)))
    await created(admin, guardStreamConfig(spec.ingest, spec.replicas ?? 1))
  const existing = await infoOf(admin, stream)
  const info = existing ?? (await created(admin, config))
  const identity = identityOf(info.config)
  if (identity.lineageId !== spec.lineageId || identity.generation !== spec.generation) {
    const reason = `it is generation ${identity.generation} of lineage ${identity.lineageId}`
    throw LogMismatch({ stream, reason })
  }
  const drift = driftBetween(config, info.config)
  if (!existing && drift.length > 0)
    throw LogMismatch({ stream, reason: `the server did not take ${settingsIn(drift)}` })
  return { isNew: !existing, lastSequence: BigInt(info.state.last_seq), drift }
}

export const settingsIn = (drift: readonly ConfigDrift[]): string =>
  drift.map(({ setting }) => setting).join(', ')

/** What differs from the expected configuration now. A missing stream is one drift, of its name. */
export async function findDrift(
  admin: AdminConnection,
  expected: StreamConfig,
): Promise<readonly ConfigDrift[]> {
  const info = await infoOf(admin, expected.name)
  return info
    ? driftBetween(expected, info.config)
    : [{ setting: 'name', expected: expected.name, found: undefined }]
}
