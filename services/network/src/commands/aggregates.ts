import type { Aggregate } from '@holdfast/event-log'
import { interfaceCodec } from '../codecs/interface-codec.ts'
import { nodeCodec } from '../codecs/node-codec.ts'
import { type InterfaceCommand, networkInterface } from '../domain/interface.ts'
import type { InterfaceEvent, InterfaceState } from '../domain/interface-state.ts'
import { type NodeCommand, type NodeEvent, type NodeState, node } from '../domain/node.ts'

/** Subject `evt.network.node.<node>`. */
export const nodes: Aggregate<NodeCommand, NodeEvent, NodeState> = {
  context: 'network',
  type: 'node',
  decider: node,
  codec: nodeCodec,
  stateVersion: 1,
}

/** Subject `evt.network.interface.<node>.<interface>`, so that a node reads its own and no other's. */
export const interfaces: Aggregate<InterfaceCommand, InterfaceEvent, InterfaceState> = {
  context: 'network',
  type: 'interface',
  decider: networkInterface,
  codec: interfaceCodec,
  stateVersion: 2,
  // Its answer is its own fact (addedView), and another peer's addition changes no peer there is.
  mayFollow: ({ type }) => type === 'AddPeer',
}
