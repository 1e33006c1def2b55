import { Gauge, type Registry } from '@holdfast/telemetry'
import type { KeeperStatus } from './keep-tree.ts'

/** Gauges of whoever leads, read when they are asked for; an instance that waits shows zeros. */
export function treeMetrics(
  registry: Registry,
  status: () => KeeperStatus,
  /** ms since 1970. */
  now: () => number,
): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: (status: KeeperStatus) => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(status()))
      },
    })
  gauge('holdfast_audit_tree_leaves', 'Commits in the Merkle tree.', ({ size }) => Number(size))
  gauge('holdfast_audit_tree_lag_commits', 'Commits known and not in the tree.', ({ lag }) =>
    Number(lag),
  )
  gauge('holdfast_audit_checkpoint_leaves', 'Commits the last checkpoint covers.', ({ last }) =>
    Number(last?.size ?? 0n),
  )
  gauge('holdfast_audit_checkpoint_age_seconds', 'Since the last checkpoint was signed.', (s) =>
    s.last ? Math.max(0, (now() - s.last.signedAt.getTime()) / 1000) : 0,
  )
  gauge(
    'holdfast_audit_signing_frozen',
    'Whether no checkpoint is signed because something speaks against it.',
    ({ frozen }) => (frozen === undefined ? 0 : 1),
  )
  gauge(
    'holdfast_audit_invalid_witness_states',
    'Words of nodes that said nothing or were not signed, since the start.',
    ({ invalid }) => invalid,
  )
  new Gauge({
    name: 'holdfast_audit_witnesses',
    help: 'Nodes by how they stand to the last checkpoint.',
    labelNames: ['state'] as const,
    registers,
    collect() {
      for (const [state, count] of Object.entries(status().witnesses)) this.set({ state }, count)
    },
  })
}
