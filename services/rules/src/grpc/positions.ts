import type { OrganizationId } from '@holdfast/domain'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import { ruleSets } from '../commands/aggregates.ts'
import type { RuleState } from '../domain/rule-set-state.ts'
import { positionOf, type RulesInOrder } from '../domain/rules-in-order.ts'
import { type FoundRule, numberRules, type RuleView } from '../queries/rules.ts'

/** Gives rules their places in the order of evaluation of their whole sets. */
export type WithPositions = (found: readonly FoundRule[]) => Promise<readonly RuleView[]>

/**
 * Places come from the sets in memory, where they are known without counting. A set that is not there, or that another
 * instance has changed since, is counted in the database, and then it is fetched for the next who asks.
 */
export function positionsFrom(parts: {
  readonly log: Pick<EventLog, 'peek' | 'fold' | 'seen'>
  readonly postgres: Postgres
}): WithPositions {
  const { log, postgres } = parts
  const fetching = new Set<string>()

  function fetch(organizationId: OrganizationId): void {
    if (fetching.has(organizationId)) return
    fetching.add(organizationId)
    log
      .fold(ruleSets, organizationId)
      .catch(() => undefined) // the log is away; whoever asks next tries again
      .finally(() => fetching.delete(organizationId))
  }

  return async (found) => {
    const known = new Map<OrganizationId, RulesInOrder<RuleState> | undefined>()
    for (const { organizationId, setSequence } of found) {
      if (known.has(organizationId)) continue
      const held = log.peek(ruleSets, organizationId)
      const isFresh = held !== undefined && held.revision >= setSequence
      // What is not safe is shown to nobody but whoever made it, and that reply waits for it.
      const isShown = isFresh && (held.isSafe || held.revision <= log.seen())
      known.set(organizationId, isShown ? held.state.inOrder : undefined)
      if (!isFresh) fetch(organizationId)
    }
    const placed = found.map((rule) => {
      const inOrder = known.get(rule.organizationId)
      const { settings, order } = rule
      return { ...rule, position: inOrder ? positionOf(inOrder, settings.priority, order) : 0 }
    })
    const unplaced = placed.filter(({ position }) => position === 0)
    if (unplaced.length === 0) return placed
    const numbers = await numberRules(postgres, unplaced)
    return placed.map((rule) => ({
      ...rule,
      position: rule.position || (numbers.get(rule.id) ?? 1),
    }))
  }
}
