import { nodes } from './nodes.ts'
import { peers } from './peers.ts'
import { rules } from './rules.ts'

/** Everything this service projects. */
export const readModels = [nodes, peers, rules]
