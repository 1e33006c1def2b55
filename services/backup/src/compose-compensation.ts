import { compensationHandlers } from '@holdfast/compensation'
import { CompensationService, KeyService } from '@holdfast/proto'
import { dataKeys } from '@holdfast/service'
import type { BackupApp } from './app.ts'
import { backupCompensables } from './compensation/compensables.ts'
import { readsOf } from './compensation/reads.ts'

/** What of this service's own configuration comes back when an earlier state does. */
export function composeCompensation(app: BackupApp, onScheduleChanged: () => void): void {
  const { log, postgres } = app
  const compensables = backupCompensables({
    ...{ log, onScheduleChanged },
    reads: readsOf(postgres),
    keys: dataKeys(app.connect(KeyService), 'backup'),
    now: Date.now,
    catchUpToHead: async () => await app.projections.reached(await log.safeHead()),
  })
  app.serve(CompensationService, compensationHandlers({ log, compensables, now: Date.now }))
}
