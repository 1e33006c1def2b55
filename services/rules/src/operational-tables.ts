import type { OperationalTables } from '@holdfast/service'

/** What the migrations make; docs/architecture.md, operational tables. */
export const operationalTables: OperationalTables = {
  kept: ['node_firewalls', 'acknowledgements', 'rule_counters', 'rule_hits', 'node_coverage'],
  left: {},
  notRestored: {
    node_firewalls: 'agents tell again what they enforce, within seconds',
    acknowledgements: 'they name sequences of a generation that ended',
  },
}
