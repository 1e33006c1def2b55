import type { EventLog } from '@holdfast/event-log'
import { secrets } from '@holdfast/service'
import { surroundingsOf } from '@holdfast/storage'
import { objectWork } from '../jobs/object-work.ts'
import { openLocations } from '../storage/locations.ts'
import { openWork } from '../work/work.ts'
import { type BackupProcessWish, testKeys } from './backup-process-wish.ts'
import { openProcess } from './open-process.ts'
import { openRestoreJobs } from './restore-job-suite.ts'

// Restore jobs, as a process of its own that a test can kill: one of each backup it is given, stopped for good at the
// point that stands beside. What it needs comes as JSON in the environment.

export type StopPoint = 'fetching' | 'slot asked for' | 'started' | 'page'

const { jobs: asked, ...wish } = JSON.parse(
  process.env['RESTORES'] ?? '{}',
) as BackupProcessWish & {
  readonly jobs: readonly { readonly backupId: string; readonly stopAt: StopPoint }[]
} // as: the test writes it
const { telemetry, postgres, log } = await openProcess(wish)
const data = { egressAllow: [], localBase: wish.directory, localRoots: [], keysDir: undefined }
const locations = openLocations({
  ...{ postgres, lineageId: log.lineageId },
  secrets: secrets(testKeys(), log.lineageId),
  surroundings: surroundingsOf(data),
  catchUpToHead: () => Promise.resolve(),
})
const work = openWork({ telemetry })
const objects = objectWork(work, locations, data)

for (const { backupId, stopAt } of asked) {
  let jobId = ''
  const stop = async (point: StopPoint): Promise<void> => {
    if (point !== stopAt) return
    process.stdout.write(`${JSON.stringify({ jobId, backupId, point })}\n`)
    await new Promise(() => undefined)
  }
  const stopping: Pick<EventLog, 'execute' | 'fold' | 'lineageId' | 'safeHead'> = {
    lineageId: log.lineageId,
    safeHead: () => log.safeHead(),
    fold: log.fold.bind(log),
    execute: async (aggregate, id, command, context) => {
      const outcome = await log.execute(aggregate, id, command, context)
      const { type } = command as { readonly type?: string } // as: jobs decide nothing else
      if (type === 'RequestBackup') await stop('slot asked for')
      if (type === 'StartSnapshotRestore') await stop('started')
      return outcome
    },
  }
  const { jobs } = openRestoreJobs({
    ...{ postgres, locations, work, spool: wish.spool, log: stopping },
    objects: {
      ...objects,
      async fetch(...args) {
        await objects.fetch(...args)
        await stop('fetching')
      },
    },
    request: {
      ...{ postgres, locations, now: Date.now, allowsUnencrypted: false, log: stopping },
      secrets: secrets(testKeys(), log.lineageId),
      wake: () => undefined,
    },
    caughtUp: () => Promise.resolve(),
    onPage: () => stop('page'),
  })
  const { job } = await jobs.runRestoreJob({ backupId, contents: {} })
  jobId = job?.id ?? ''
}
// Never ends by itself.
setInterval(() => undefined, 60_000)
