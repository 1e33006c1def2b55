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
import { type AgePair, generateAgePair } from '@holdfast/crypto'
import { formatCheckpoint, leafHash, signNote, TreeHead } from '@holdfast/merkle'
import { migrate, type Postgres, sql } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestPostgres, testPostgres } from '@holdfast/testkit'
import { onTestFinished } from 'vitest'
import type { Location, LocationAccess } from '../../storage/locations.ts'
import { openWork, type Work } from '../../work/work.ts'
import type { Pusher, PusherParts } from '../pusher.ts'
import type { Pace } from '../tools.ts'
import {
  by,
  fingerprint,
  generation,
  lineageId,
  origin,
  type Places,
  type Played,
  playedPusher,
} from './played-pusher.ts'

// Pushing from a real archive, with a real database and work thread, to real locations. Auth, audit and what else is
// copied are played.

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
  readonly places: Places
  place(name: string, access: LocationAccess, more?: Partial<Location>): string
  append(count: number, bytes?: number): Promise<void>
  /** Signs what is in the archive now, as audit does. */
  checkpoint(): Promise<void>
  pusher(more?: Partial<PusherParts>, pace?: Partial<Pace>): Pusher
  close(): Promise<void>
}

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
  const places: Places = new Map()
  let sequence = 0

  return {
    ...{ postgres, pg, archive, archiveDir, work, derived, operator, played, places },

    place(name, access, more = {}) {
      const id = more.id ?? randomUUID()
      const location: Location = {
        ...{ id, organizationId: '', name, kind: access.kind, isContinuous: true },
        config: JSON.stringify(access.config),
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
      const parts = { postgres, work, archiveDir, root, derived: derived.recipient, played, places }
      const made = playedPusher(parts, () => archive.last.sequence, more, pace)
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
