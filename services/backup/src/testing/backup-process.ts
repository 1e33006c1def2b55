import { secrets } from '@holdfast/service'
import { surroundingsOf } from '@holdfast/storage'
import { backups } from '../commands/backup-aggregates.ts'
import { objectWork } from '../jobs/object-work.ts'
import { openBackups } from '../jobs/open-backups.ts'
import { openLocations } from '../storage/locations.ts'
import { openWork } from '../work/work.ts'
import { type BackupProcessWish, testKeys, testLimits } from './backup-process-wish.ts'
import { openProcess } from './open-process.ts'
import { testMakers, withPauses } from './test-maker.ts'

// What makes backups, as a process of its own that a test can kill. A backup named after a point of its job is stopped
// there for good. What it needs comes as JSON in the environment.

const wish = JSON.parse(process.env['BACKUPS'] ?? '{}') as BackupProcessWish // as: the test writes it
const { telemetry, postgres, log } = await openProcess(wish)
const data = { egressAllow: [], localBase: wish.directory, localRoots: [], keysDir: undefined }
const locations = openLocations({
  postgres,
  lineageId: log.lineageId,
  secrets: secrets(testKeys(), log.lineageId),
  surroundings: surroundingsOf(data),
  catchUpToHead: () => Promise.resolve(),
})
const objects = objectWork(openWork({ telemetry }), locations, data)

/** Blocks the whole process rather than wait: an upload in its thread goes on, as it would. */
async function pause(point: string, backupId: string): Promise<void> {
  const { state } = await log.fold(backups, backupId)
  if (state.facts?.name !== point) return
  process.stdout.write(`${point}\n`)
  await new Promise(() => undefined)
}

openBackups({
  ...{ ...withPauses({ log, objects }, pause), postgres, locations, telemetry },
  makers: testMakers(pause),
  secrets: secrets(testKeys(), log.lineageId),
  spoolDirectory: wish.spool,
  allowsUnencrypted: false,
  limits: testLimits,
  rules: () => Promise.resolve(new Map()),
  caughtUp: () => Promise.resolve(),
  now: Date.now,
}).start()
// Never ends by itself.
setInterval(() => undefined, 60_000)
