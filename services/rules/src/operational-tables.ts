import type { OperationalTables } from '@holdfast/service'

/** What the migrations make; docs/architecture.md, operational tables. */
export const operationalTables: OperationalTables = {
  kept: ['node_firewalls', 'acknowledgements', 'rule_counters', 'rule_hits', 'node_coverage'],
  left: {},
}
