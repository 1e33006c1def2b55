import { setMaxListeners } from 'node:events'
import { DomainError } from '@holdfast/errors'
import type { CommandContext } from '@holdfast/event-log'
import type { AnyCompensable } from './compensable.ts'
import { type ConvergeLog, converge } from './converge.ts'
import { isObstacle } from './obstacle.ts'
import type { Plan, PlannedObject, Step } from './plan.ts'

/** What became of an object. */
export interface Applied {
  readonly object: PlannedObject
  readonly outcome: 'created' | 'updated' | 'deleted' | 'unchanged' | 'blocked'
  /** Of its last commit; 0: none. */
  readonly sequence: bigint
  readonly obstacle?: DomainError
}

export interface ApplyTools {
  readonly log: ConvergeLog
  /** ms since 1970. */
  readonly now: () => number
}

/** Appends that wait for the disk together; the log makes batches of them. */
const sideBySide = 16

/**
 * Carries out some steps of a phase, in their order: `first` is how many of them were done before. Answers one line an
 * object, and those that were only parked none.
 */
export async function applySteps(
  tools: ApplyTools,
  plan: Plan,
  phase: 'remove' | 'bring',
  { first, limit }: { readonly first: number; readonly limit: number },
  context: CommandContext,
): Promise<{ readonly applied: readonly Applied[]; readonly total: number }> {
  // Each append listens for its end.
  if (context.signal) setMaxListeners(4 * sideBySide, context.signal)
  const levels = plan[phase]
  const page = pageOf(levels, first, limit)
  const around = await surroundingsOf(plan, page.flat(), context.actor.id)
  const applied: Applied[] = []
  for (const level of page) {
    const waiting = [...level].reverse()
    const work = async (): Promise<void> => {
      for (let step = waiting.pop(); step; step = waiting.pop()) {
        const organizationId = step.object.organizationId
        const found = await applyStep(tools, plan, step, around.get(step.object.one), {
          ...context,
          ...(organizationId === '' ? {} : { organizationId }),
        })
        if (found) applied.push(found)
      }
    }
    // Each to its end: nobody is left at work when one of them fails.
    const ends = await Promise.allSettled(Array.from({ length: sideBySide }, work))
    for (const end of ends) if (end.status === 'rejected') throw end.reason
  }
  return { applied, total: levels.reduce((sum, level) => sum + level.length, 0) }
}

function pageOf(levels: Plan['bring'], first: number, limit: number): readonly (readonly Step[])[] {
  const page: (readonly Step[])[] = []
  let start = 0
  for (const level of levels) {
    const steps = level.slice(Math.max(0, first - start), Math.max(0, first + limit - start))
    if (steps.length > 0) page.push(steps)
    start += level.length
  }
  return page
}

async function surroundingsOf(
  plan: Plan,
  steps: readonly Step[],
  actorId: string,
): Promise<ReadonlyMap<AnyCompensable, unknown>> {
  const around = new Map<AnyCompensable, unknown>()
  for (const one of new Set(steps.map(({ object }) => object.one))) {
    const mine = steps.flatMap(({ object }) =>
      object.one === one && !object.obstacle ? [object] : [],
    )
    around.set(one, await one.surroundings?.(mine, plan.outlook, actorId))
  }
  return around
}

async function applyStep(
  tools: ApplyTools,
  plan: Plan,
  { object, deed }: Step,
  around: unknown,
  context: CommandContext,
): Promise<Applied | undefined> {
  if (object.obstacle) {
    return { object, outcome: 'blocked', sequence: 0n, obstacle: object.obstacle }
  }
  const { one, id, now } = object
  const isWanted = (claim: string): boolean => plan.isWanted(object, claim)
  const parked = deed === 'park' && now ? one.park?.(now, id, plan.isFree, isWanted) : undefined
  if (deed === 'park' && !parked) return undefined
  const target = parked ?? object.target
  try {
    const sequence = await converge(tools.log, object, {
      target,
      around,
      context,
      step: deed,
      now: tools.now,
    })
    if (parked) return undefined
    return { object, outcome: sequence === 0n ? 'unchanged' : outcomeOf(object), sequence }
  } catch (error) {
    if (!(error instanceof DomainError && isObstacle(error))) throw error
    // Who cannot step aside is told of where it is brought.
    return parked ? undefined : { object, outcome: 'blocked', sequence: 0n, obstacle: error }
  }
}

const outcomeOf = ({ now, target }: PlannedObject): Applied['outcome'] =>
  target === undefined ? 'deleted' : now === undefined ? 'created' : 'updated'
