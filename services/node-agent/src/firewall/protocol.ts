import type { HostFacts } from '@holdfast/policy'
import type { FeedPosition } from '../follow/feed.ts'
import type { Pin, TakenCommit } from '../state/saved-fold.ts'
import type { MapFigures } from './backend.ts'
import type { PacketTotal } from './packet-totals.ts'
import type { FirewallStatus } from './status.ts'

/** What the agent and its firewall, a thread of its own, say to each other. Everything can be cloned. */

export const firewallChoices = ['auto', 'bpf', 'nftables', 'off'] as const
export type FirewallChoice = (typeof firewallChoices)[number]

export const repairModes = ['true', 'report'] as const

/** Given once, at the start. */
export interface FirewallOptions {
  readonly choice: FirewallChoice
  readonly repairs: boolean
  readonly nodeId: string
  /** Of this start of the agent. */
  readonly instanceId: string
  readonly pin: Pin
  readonly journal: string
  /** Where a bpffs is mounted when the system has none. */
  readonly mountPoint: string
  /** Undefined: where the system keeps libraries. */
  readonly libbpf: string | undefined
  /** Words that run nft(8); undefined when there is none. */
  readonly nft: readonly string[] | undefined
  readonly checkMs: number
  /** Flow records a second at most. */
  readonly flowsPerSecond: number
}

/** Answered by `Answer` with the same number. */
export type Question =
  | { readonly ask: 'position' }
  | { readonly ask: 'take'; readonly commits: readonly TakenCommit[] }
  | { readonly ask: 'admit'; readonly device: string }
  | { readonly ask: 'prove' }
  | { readonly ask: 'uninstall' }
  | { readonly ask: 'stop' }

export type ToFirewall =
  | (Question & { readonly number: number })
  | { readonly tell: 'facts'; readonly facts: HostFacts }
  | { readonly tell: 'caught-up' }
  /** Flow batches that could not be sent, for the next one to say. */
  | { readonly tell: 'unsent'; readonly flows: number; readonly packets: number }

export interface Answers {
  readonly position: FeedPosition
  readonly take: undefined
  readonly admit: undefined
  readonly prove: FirewallStatus
  readonly uninstall: undefined
  readonly stop: undefined
}

export type Answer =
  | { readonly number: number; readonly value: Answers[keyof Answers] }
  | { readonly number: number; readonly error: string }

export interface FlowFigures {
  readonly flows: number
  readonly packets: number
  readonly lostFlows: number
  readonly lostPackets: number
}

export type FromFirewall =
  | Answer
  | { readonly tell: 'status'; readonly status: FirewallStatus }
  /** A CounterReport. */
  | { readonly tell: 'counters'; readonly report: Uint8Array }
  | { readonly tell: 'packets'; readonly packets: readonly PacketTotal[] }
  | { readonly tell: 'maps'; readonly maps: readonly MapFigures[] }
  /** A FlowBatch and what is in it. */
  | { readonly tell: 'flows'; readonly batch: Uint8Array; readonly figures: FlowFigures }
  | {
      readonly tell: 'log'
      readonly level: 'info' | 'warn' | 'error'
      readonly fields: Readonly<Record<string, unknown>>
      readonly message: string
    }
