import { entries } from './entries.ts'
import { nodes } from './nodes.ts'
import { peers } from './peers.ts'
import { rules } from './rules.ts'

/** Everything this service projects. */
export const readModels = [entries, nodes, peers, rules]
