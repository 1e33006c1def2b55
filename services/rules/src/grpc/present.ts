import type { holdfast } from '@holdfast/proto'
import type { RuleView } from '../queries/rules.ts'
import type { Edge } from './edge.ts'
import { printRule } from './print.ts'

type RuleMessage = holdfast.rules.v1.Rule.$Properties

/** Rules as they are now, with what hosts proved and, when asked for, counted. */
export async function present(
  { evidence }: Pick<Edge, 'evidence'>,
  views: readonly RuleView[],
  withCounters = false,
): Promise<RuleMessage[]> {
  const enforcement = await evidence.enforcement(views)
  const counters = withCounters ? await evidence.counters(views.map(({ id }) => id)) : undefined
  return views.map((view, i) =>
    printRule(view, enforcement[i], counters && (counters.get(view.id) ?? noHits)),
  )
}

const noHits = {
  ingressPackets: 0,
  ingressBytes: 0,
  egressPackets: 0,
  egressBytes: 0,
  limitedPackets: 0,
  packetsPerSecond: 0,
  lastHitUnixMs: 0,
}
