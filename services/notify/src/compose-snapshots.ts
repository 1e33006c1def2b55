import { ContributorService } from '@holdfast/proto'
import type { App } from '@holdfast/service'
import { contributorHandlers } from '@holdfast/snapshot'
import type { settings } from './config.ts'
import { notifyContributors } from './snapshot/contributors.ts'
import type { SnapshotParts } from './snapshot/parts.ts'

export type NotifyApp = App<(typeof settings)['spec']>

/** What portable snapshots hold of this service. */
export function composeSnapshots(
  app: NotifyApp,
  parts: Omit<SnapshotParts, 'postgres' | 'caughtUp'>,
): void {
  const { log, postgres } = app
  const contributors = notifyContributors({
    ...parts,
    postgres,
    async caughtUp(at) {
      const sequence = at ?? (await log.safeHead())
      await app.projections.reached(sequence)
      return sequence
    },
  })
  app.serve(ContributorService, contributorHandlers(contributors))
}
