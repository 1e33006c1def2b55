import { join } from 'node:path'
import {
  ContributorService,
  KeyService,
  OrganizationService,
  SnapshotService,
} from '@holdfast/proto'
import { dataKeys } from '@holdfast/service'
import type { BackupApp } from './app.ts'
import { exportHandlers } from './grpc/export-handlers.ts'
import { importHandlers } from './grpc/import-handlers.ts'
import { type ImportFiles, importFiles } from './imports/import-files.ts'
import { type ImportRuns, importRuns } from './imports/import-runs.ts'
import type { ImportParts } from './imports/run-import.ts'
import type { Maker } from './jobs/maker.ts'
import type { Reader } from './jobs/manifest-sections.ts'
import { organizationRows } from './projections/organizations.ts'
import { contributorDirectory } from './snapshots/directory.ts'
import { openExports } from './snapshots/exports.ts'
import { type MakeSnapshotParts, snapshotMaker } from './snapshots/make-snapshot.ts'

/** Services with records for snapshots. */
const contributing = ['auth', 'network', 'rules', 'notify'] as const

export interface Snapshots {
  /** Of backups of the kind snapshot. */
  readonly maker: Maker
  /** What brings snapshots in, for whoever has them from elsewhere than an upload. */
  readonly imports: {
    readonly runs: ImportRuns
    readonly files: ImportFiles
    readonly parts: ImportParts
  }
  /** Whoever has records for snapshots, as of now. */
  contributors(signal: AbortSignal): Promise<readonly Reader[]>
}

/** Portable snapshots: made for jobs and at once, and brought in. */
export function composeSnapshots(app: BackupApp): Snapshots {
  const { connect, log, postgres, settings, telemetry } = app
  app.project(organizationRows)
  const parts: MakeSnapshotParts = {
    directory: contributorDirectory(
      Object.fromEntries(contributing.map((name) => [name, connect(ContributorService, name)])),
      telemetry.log,
    ),
    postgres,
    lineageId: log.lineageId,
    rootKeys: app.rootKeys,
    async caughtUp() {
      const head = await log.safeHead()
      await app.projections.reached(head)
      return head
    },
    keys: dataKeys(connect(KeyService), 'backup'),
    work: app.work,
  }
  const spool = settings.spoolDir ?? join(settings.localDir, '.spool')
  const exports = openExports(join(spool, 'exports'))
  app.onStart(exports.start)
  app.onDrain(exports.stop)
  const files = importFiles(join(spool, 'imports'))
  const limits = { maxBytes: settings.maxImportMib * 1024 ** 2 }
  const logger = telemetry.log
  const organizations = connect(OrganizationService)
  const importing: ImportParts = { ...parts, log, organizations, limits }
  const runs = importRuns({ ...importing, files, logger })
  app.onStart(runs.start)
  app.onDrain(runs.stop)
  app.serve(SnapshotService, {
    ...exportHandlers({ ...parts, exports, now: Date.now }),
    ...importHandlers({ ...parts, files, runs, limits }),
  })
  return {
    maker: snapshotMaker(parts),
    imports: { runs, files, parts: importing },
    contributors: (signal) => parts.directory.contributors(signal),
  }
}
