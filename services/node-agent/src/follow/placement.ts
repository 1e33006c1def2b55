import type { StoredEvent } from '@holdfast/event-log'
import type { UplinkFacts } from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'
import type { TakenCommit } from '../state/saved-fold.ts'
import { UnknownFact } from './events.ts'
import { readFirewall, writeFirewall } from './firewall-settings.ts'

const v1 = holdfast.network.v1

/** What the log says about the node itself, as far as its firewall is concerned. */
export interface Placement {
  /** The last commit of the node that is included; 0 when there was none. */
  sequence: bigint
  /** Empty outside any site. */
  siteId: string
  uplinks: readonly UplinkFacts[]
}

export const nowhere = (): Placement => ({ sequence: 0n, siteId: '', uplinks: [] })

type Change = Partial<Omit<Placement, 'sequence'>>

const readers: Readonly<Record<string, (data: Uint8Array) => Change>> = {
  NodeEnrolled: (data) => ({ siteId: v1.NodeEnrolled.decode(data).siteId }),
  NodeUpdated(data) {
    const { siteId, uplinks } = v1.NodeUpdated.decode(data)
    return {
      siteId,
      uplinks: uplinks.map(({ device, firewall }) => ({
        device: device ?? '',
        firewall: readFirewall(firewall),
      })),
    }
  },
  // The log refuses the agent of a deleted node; its interfaces are deleted one by one.
  NodeDeleted: () => ({}),
  InterfaceClaimed: () => ({}),
  InterfaceReleased: () => ({}),
}

/** Takes one commit in; answers whether it was new. Nothing changes when a fact is not known: it throws then. */
export function foldPlacement(state: Placement, commit: TakenCommit): boolean {
  if (commit.sequence <= state.sequence) return false
  const changes = commit.events.map(({ type, schema, data }) => {
    const reader = schema === 1 && Object.hasOwn(readers, type) ? readers[type] : undefined
    if (!reader) throw UnknownFact({ type, schema })
    return reader(data)
  })
  Object.assign(state, ...changes)
  state.sequence = commit.sequence
  return true
}

/** The facts that lead to this state from nothing. */
export const placementFacts = ({ siteId, uplinks }: Placement): readonly StoredEvent[] => [
  {
    type: 'NodeUpdated',
    schema: 1,
    data: v1.NodeUpdated.encode({
      siteId,
      uplinks: uplinks.map(({ device, firewall }) => ({
        device,
        firewall: writeFirewall(firewall),
      })),
    }).finish(),
  },
]
