import type { AnyCompensable } from '@holdfast/compensation'
import { type InterfaceTools, interfacesCompensable } from './interfaces.ts'
import { type NodeTools, nodesCompensable } from './nodes.ts'

/** What network brings back, in the order in which it is brought. */
export const networkCompensables = (
  tools: InterfaceTools & NodeTools,
): readonly AnyCompensable[] => [nodesCompensable(tools), interfacesCompensable(tools)]
