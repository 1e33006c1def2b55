import { Gauge, type Registry } from '@holdfast/telemetry'
import type { AccessKeeperStatus } from './keep-access-tree.ts'

/** Gauges of whoever leads, read when they are asked for; an instance that waits shows zeros. */
export function accessMetrics(
  registry: Registry,
  status: () => AccessKeeperStatus,
  /** ms since 1970. */
  now: () => number,
): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: (status: AccessKeeperStatus) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(status()))
      },
    })
  gauge('holdfast_audit_access_tree_leaves', 'Records in the tree of ACCESS.', ({ size }) =>
    Number(size),
  )
  gauge(
    'holdfast_audit_access_checkpoint_leaves',
    'Records the last checkpoint of ACCESS covers.',
    ({ last }) => Number(last?.size ?? 0n),
  )
  gauge(
    'holdfast_audit_access_checkpoint_age_seconds',
    'Since the last checkpoint of ACCESS was signed.',
    ({ last }) => (last ? Math.max(0, (now() - last.signedAt.getTime()) / 1000) : 0),
  )
}
