import { topologyRows } from '../topology/topology-rows.ts'
import { topologyVersions } from '../topology/topology-versions.ts'
import { changeSets } from './change-sets.ts'
import { organizations } from './organizations.ts'
import { policyTests } from './policy-tests.ts'
import { ruleChanges } from './rule-changes.ts'
import { ruleSetRows } from './rule-sets.ts'
import { rules } from './rules.ts'

/** Everything this service projects. */
export const readModels = [
  rules,
  ruleChanges,
  ruleSetRows,
  changeSets,
  policyTests,
  organizations,
  topologyVersions,
  topologyRows,
]
