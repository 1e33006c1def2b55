import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type Archive,
  type ArchivedCommit,
  openArchive,
  writeCheckpointNote,
} from '@holdfast/archive'
import { type AgePair, ageSeal, generateAgePair } from '@holdfast/crypto'
import {
  followRotations,
  formatCheckpoint,
  formatOrigin,
  leafHash,
  signer,
  signManifest,
  signNote,
  TreeHead,
} from '@holdfast/merkle'
import { migrate, type Postgres, sql } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestPostgres, testPostgres } from '@holdfast/testkit'
import { onTestFinished } from 'vitest'
import { StorageLocationNotFound } from '../../domain/storage-errors.ts'
import type { Location, LocationAccess } from '../../storage/locations.ts'
import { openWork, type Work } from '../../work/work.ts'
import type { Destination } from '../destination.ts'
import { objectKeys } from '../keys.ts'
import type { OffsiteSources, RewrittenKeysets } from '../offsite.ts'
import { Pusher, type PusherParts } from '../pusher.ts'
import { type Pace, usualPace } from '../tools.ts'

// Pushing from a real archive, with a real database and work thread, to real locations. Auth, audit and what else is
// copied are played.

export const lineageId = '01930000-0000-7000-8000-000000000001'
export const generation = 1
const origin = formatOrigin({ lineageId, generation })
const by = signer(origin, new Uint8Array(32).fill(5))
export const keyChain = followRotations(by.key, [])
export const keys = objectKeys(lineageId)
const fingerprint = 'ab'.repeat(16)

/** Everything at once; a failure is tried again soon. */
export const fastPace: Pace = {
  ...usualPace,
  tickMs: 10,
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

export interface OffsiteSuite {
  readonly postgres: Postgres
  readonly pg: TestPostgres
  readonly archive: Archive
  readonly archiveDir: string
  readonly work: Work
  readonly derived: AgePair
  readonly operator: AgePair
  readonly played: Played
  /** Ids by name. */
  readonly places: Map<string, { location: Location; access: LocationAccess }>
  place(name: string, access: LocationAccess, more?: Partial<Location>): string
  append(count: number, bytes?: number): Promise<void>
  /** Signs what is in the archive now, as audit does. */
  checkpoint(): Promise<void>
  pusher(more?: Partial<PusherParts>, pace?: Partial<Pace>): Pusher
  close(): Promise<void>
}

export const allowLoopback = ['127.0.0.1/32']

export async function offsiteSuite(): Promise<OffsiteSuite> {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-offsite-'))
  const archiveDir = join(root, 'archive')
  const pg = await testPostgres({ services: ['backup'] })
  const postgres = pg.open('backup', { max: 8 })
  await migrate(postgres, fileURLToPath(new URL('../../../migrations', import.meta.url)), {
    schema: 'backup',
  })
  const telemetry = createTelemetry('backup', { level: 'silent' })
  const archive = await openArchive({
    directory: archiveDir,
    identity: { lineageId, generation, rootKeyFingerprint: fingerprint },
    sealAtBytes: 1024 * 1024,
  })
  const work = openWork({ telemetry })
  const [derived, operator] = [generateAgePair(), generateAgePair()]
  const played: Played = {
    recipients: [operator.recipient],
    keys: 'first',
    destroyedSequence: 0n,
    config: 'HOLDFAST_X=1\n',
    rows: ['{"id":1,"text":"é"}', '{"id":2}'],
    told: [],
  }
  const tree = TreeHead.empty()
  const places: OffsiteSuite['places'] = new Map()
  let sequence = 0

  const sources: OffsiteSources = {
    recipients: async () => played.recipients,
    async keyset(to) {
      const content = Buffer.from(`keys ${played.keys}`)
      return {
        keyset: await ageSeal([derived.recipient, ...to], content),
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

  return {
    ...{ postgres, pg, archive, archiveDir, work, derived, operator, played, places },

    place(name, access, more = {}) {
      const id = more.id ?? randomUUID()
      const location: Location = {
        ...{ id, organizationId: '', name, kind: access.kind, isContinuous: true },
        ...{ isImmutable: false, keepDaily: 7, keepWeekly: 5, keepMonthly: 12 },
        ...more,
      }
      places.set(id, { location, access })
      return id
    },

    async append(count, bytes = 200) {
      const now = BigInt(Date.now())
      const commits = Array.from({ length: count }, (): ArchivedCommit => {
        sequence++
        const messageId = `m-${sequence}`
        return {
          sequence: BigInt(sequence),
          subject: `evt.network.interface.${sequence % 7}`,
          messageId,
          headers: Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${messageId}\r\n\r\n`),
          payload: Buffer.concat([
            Buffer.from(`commit ${sequence} `),
            Buffer.alloc(bytes, randomUUID()),
          ]),
          storedAtUnixNs: now * 1_000_000n,
        }
      })
      await archive.append(commits)
      for (const commit of commits) tree.append(leafHash(commit))
    },

    async checkpoint() {
      const size = archive.last.sequence
      const note = signNote(
        formatCheckpoint({ origin, size, root: tree.root(), extensions: [] }),
        by,
      )
      await writeCheckpointNote(archiveDir, lineageId, size, note)
    },

    pusher(more = {}, pace = {}) {
      const { registry, log } = createTelemetry('backup', {
        level: process.env['OFFSITE_LOG'] ?? 'silent',
      })
      const made = new Pusher({
        ...{ postgres, work, archiveDir, lineageId, generation },
        rootKeyFingerprint: fingerprint,
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
        archived: () => archive.last.sequence,
        derivedRecipient: async () => derived.recipient,
        sign: async (sha256) =>
          signManifest(
            { origin, sha256, signedAtUnixMs: Date.now(), logSize: archive.last.sequence },
            by,
          ),
        pinned: async () => [],
        pace: { ...fastPace, ...pace },
        now: Date.now,
        logger: log,
        registry,
        ...more,
      })
      made.from(sources)
      onTestFinished(() => made.stop())
      return made
    },

    async close() {
      await work.stop()
      await archive.close()
      await pg.close()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Forgets what is on record, as when the database is lost. */
export const forgetAll = (postgres: Postgres): Promise<unknown> =>
  postgres.tx(async (tx) => {
    await tx.execute(sql`delete from backup.offsite_objects`)
    await tx.execute(sql`delete from backup.offsite_locations`)
  })

export const of = (pusher: Pusher, id: string): Destination | undefined => pusher.destination(id)
