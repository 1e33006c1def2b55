import type { EventLog } from '@holdfast/event-log'
import type { FlowClient } from '../policy/observed-hosts.ts'
import type { Topology } from '../topology/topology.ts'
import type { Edge } from './edge.ts'

/** What the handlers of questions work with on top. */
export interface PolicyEdge extends Edge {
  readonly log: Pick<EventLog, 'head' | 'seen' | 'read' | 'history' | 'fold'>
  readonly topology: Topology
  /** Audit's recorded flows, asked in our own name: the caller's permission is ours to check. */
  readonly flows: FlowClient
  /** Writes down what hosts said, so that queries see it. */
  flushStatus(): Promise<void>
  readonly now: () => number
}
