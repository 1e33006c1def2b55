import type { OperationalTables } from '@holdfast/service'

/** What the migrations make; docs/architecture.md, operational tables. */
export const operationalTables: OperationalTables = {
  kept: ['node_status', 'interface_status', 'peer_status'],
  left: {},
  // What agents say of a generation that ended would be taken for what they say of this one.
  notRestored: {
    node_status: 'agents tell again where they stand, within seconds',
    interface_status: 'agents tell again what they enforce, within seconds',
    peer_status: 'agents tell again whom they see, within seconds',
  },
}
