import { homes } from './homes.ts'
import { interfaces } from './interfaces.ts'
import { nodes } from './nodes.ts'
import { peers } from './peers.ts'
import { sites } from './sites.ts'

/** Everything this service projects. */
export const readModels = [nodes, interfaces, peers, homes, sites]
