import { KeyService, StorageService } from '@holdfast/proto'
import { dataKeys, type Secrets, secrets } from '@holdfast/service'
import { surroundingsOf } from '@holdfast/storage'
import type { BackupApp } from './app.ts'
import { storageHandlers } from './grpc/storage-handlers.ts'
import { storageLocations } from './projections/storage-locations.ts'
import { storageUse } from './queries/storage-use.ts'
import { type Locations, openLocations } from './storage/locations.ts'

/** Where backups are put: what was decided about it, and how it is opened. */
export function composeStorage(app: BackupApp): Locations {
  const { log, postgres, settings, telemetry } = app
  app.project(storageLocations)
  const sealing: Secrets<'credentials'> = secrets(
    dataKeys(app.connect(KeyService), 'backup'),
    log.lineageId,
  )
  const surroundings = surroundingsOf(
    {
      egressAllow: settings.egressAllow ?? [],
      localBase: settings.localDir,
      localRoots: settings.localRoots ?? [],
      keysDir: settings.storageKeysDir,
    },
    { logger: telemetry.log },
  )
  const catchUpToHead = async () => await app.projections.reached(await log.safeHead())
  const { lineageId } = log
  const locations = openLocations({
    postgres,
    lineageId,
    secrets: sealing,
    surroundings,
    catchUpToHead,
  })
  app.serve(
    StorageService,
    storageHandlers({
      tools: { log, secrets: sealing, now: Date.now },
      log,
      postgres,
      locations,
      surroundings,
      catchUp: () => app.projections.reached(log.seen()),
      catchUpToHead,
      isUsed: (id) => storageUse(postgres, id),
    }),
  )
  return locations
}
