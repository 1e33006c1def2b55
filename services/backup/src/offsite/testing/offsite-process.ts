import { openPostgres } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'
import { openWork } from '../../work/work.ts'
import { type Places, playedPusher } from './played-pusher.ts'

// Pushes as a process of its own that a test kills. What it needs comes as JSON in the environment.

export interface OffsiteProcessWish {
  readonly postgresUrl: string
  readonly archiveDir: string
  readonly root: string
  readonly archived: string
  readonly derived: string
  readonly recipients: readonly string[]
  readonly places: readonly (readonly [string, unknown])[]
}

const wish = JSON.parse(process.env['OFFSITE'] ?? '{}') as OffsiteProcessWish // as: the test writes it
const telemetry = createTelemetry('backup', { level: 'silent' })
playedPusher(
  {
    postgres: openPostgres({ url: { reveal: () => wish.postgresUrl }, name: 'backup', telemetry }),
    work: openWork({ telemetry }),
    archiveDir: wish.archiveDir,
    root: wish.root,
    derived: wish.derived,
    played: {
      ...{ recipients: wish.recipients, keys: 'first', destroyedSequence: 0n },
      ...{ config: 'HOLDFAST_X=1\n', rows: [], told: [] },
    },
    places: new Map(wish.places) as Places, // as: the test writes it
  },
  () => BigInt(wish.archived),
)
setInterval(() => undefined, 60_000)
