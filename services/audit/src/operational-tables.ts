import type { OperationalTables } from '@holdfast/service'

/** What the migrations make; docs/architecture.md, operational tables. */
export const operationalTables: OperationalTables = {
  kept: [
    'checkpoints',
    'cosignatures',
    'witnesses',
    'key_changes',
    'access_entries',
    'session_sources',
    'access_position',
    'access_epochs',
    'access_tiles',
  ],
  notRestored: {
    witnesses: 'nodes say again what they saw, each with its own signature',
  },
  left: {
    tiles: 'Derived from the log: made again when empty.',
    tree_position: 'Derived from the log: made again when empty.',
    connection_logs:
      'Recorded flows are telemetry with a retention of their own; they are neither configuration nor history.',
    flow_position: 'Says how far flows are read, which are not kept.',
    flow_sources: 'Says how far flows are read, which are not kept.',
    flow_slots: 'Says which flows are missing, which are not kept.',
  },
}
