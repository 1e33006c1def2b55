import { entries } from './entries.ts'
import { nodes } from './nodes.ts'
import { objects } from './objects.ts'
import { peers } from './peers.ts'
import { rules } from './rules.ts'

/** Everything this service projects. */
export const readModels = [entries, nodes, objects, peers, rules]
