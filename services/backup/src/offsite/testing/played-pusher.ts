import { join } from 'node:path'
import { ageSeal } from '@holdfast/crypto'
import { objectKeys } from '@holdfast/full-backup'
import { followRotations, formatOrigin, signer, signManifest } from '@holdfast/merkle'
import type { Postgres } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'
import { StorageLocationNotFound } from '../../domain/storage-errors.ts'
import type { Location, LocationAccess } from '../../storage/locations.ts'
import type { Work } from '../../work/work.ts'
import type { OffsiteSources, RewrittenKeysets } from '../offsite.ts'
import { Pusher, type PusherParts } from '../pusher.ts'
import { type Pace, usualPace } from '../tools.ts'

// The pusher with auth, audit and what else is copied played. No test framework: a process that is killed runs it, too.

export const lineageId = '01930000-0000-7000-8000-000000000001'
export const generation = 1
export const origin = formatOrigin({ lineageId, generation })
export const by = signer(origin, new Uint8Array(32).fill(5))
export const keyChain = followRotations(by.key, [])
export const keys = objectKeys(lineageId)
export const fingerprint = 'ab'.repeat(16)

/** Everything at once; a failure is tried again soon. */
export const fastPace: Pace = {
  ...usualPace,
  tickMs: 10,
  locationsMs: 50,
  pushMs: 50,
  manifestMs: 3_600_000,
  lookMs: 100,
  sampleMs: 86_400_000,
  minRetryMs: 10,
  maxRetryMs: 100,
  tailBytes: 64 * 1024,
}

export interface Played {
  recipients: readonly string[]
  keys: string
  destroyedSequence: bigint
  config: string
  rows: readonly string[]
  readonly told: RewrittenKeysets[]
}

export type Places = Map<string, { location: Location; access: LocationAccess }>
export const allowLoopback = ['127.0.0.1/32']

export interface PlayedParts {
  readonly postgres: Postgres
  readonly work: Work
  readonly archiveDir: string
  readonly root: string
  /** Recipient. */
  readonly derived: string
  readonly played: Played
  readonly places: Places
}

/** Beside the tests it runs in a process that is killed. */
export function playedPusher(
  { postgres, work, archiveDir, root, derived, played, places }: PlayedParts,
  archived: () => bigint,
  more: Partial<PusherParts> = {},
  pace: Partial<Pace> = {},
): Pusher {
  const sources: OffsiteSources = {
    recipients: async () => played.recipients,
    async keyset(to) {
      const content = Buffer.from(`keys ${played.keys}`)
      return {
        keyset: await ageSeal([derived, ...to], content),
        rootKey: to.length === 0 ? new Uint8Array() : await ageSeal(to, Buffer.from('root')),
        contentSha256: Buffer.alloc(32, played.keys),
        destroyedSequence: played.destroyedSequence,
        keys: 1,
      }
    },
    async *config() {
      yield { name: 'env/holdfast.env', mode: 0o600, content: Buffer.from(played.config) }
    },
    async *tables() {
      yield { table: 'auth.sessions', migration: 3, rows: played.rows }
    },
    keysetsRewritten: async (rewritten) => {
      played.told.push(rewritten)
    },
  }

  const { registry, log } = createTelemetry('backup', {
    level: process.env['OFFSITE_LOG'] ?? 'silent',
  })
  const made = new Pusher({
    ...{ postgres, work, archiveDir, lineageId, generation },
    rootKeys: { present: fingerprint, former: [] },
    release: '0.0.0',
    locations: {
      continuous: async () => [...places.values()].map(({ location }) => location),
      get: async (id) => {
        const found = places.get(id)
        if (!found) throw StorageLocationNotFound({ location: id })
        return found.location
      },
      access: async (id) => {
        const found = places.get(id)
        if (!found) throw StorageLocationNotFound({ location: id })
        return found.access
      },
    },
    surroundings: {
      egressAllow: allowLoopback,
      localBase: join(root, 'local'),
      localRoots: [root],
      keysDir: undefined,
    },
    writerId: async () => '01930000-0000-7000-8000-00000000000a',
    archived,
    derivedRecipient: async () => derived,
    sign: async (sha256) =>
      signManifest({ origin, sha256, signedAtUnixMs: Date.now(), logSize: archived() }, by),
    pinned: async () => [],
    pace: { ...fastPace, ...pace },
    now: Date.now,
    logger: log,
    registry,
    ...more,
  })
  made.from(sources)
  return made
}
