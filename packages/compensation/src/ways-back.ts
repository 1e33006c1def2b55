import type { Decider } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import fc from 'fast-check'
import type { AnyCompensable } from './compensable.ts'
import { type LawAnswer, restoreTo, undoOf } from './law.ts'

// For the law's tests: histories of the service's own commands, with restores in between.

/** A command, or the way back to a share of what was so far. */
export type Step<Command> = { readonly command: Command } | { readonly back: number }

export const stepsOf = <Command>(
  command: fc.Arbitrary<Command>,
): fc.Arbitrary<readonly Step<Command>[]> =>
  fc.array(
    fc.oneof(
      { weight: 5, arbitrary: command.map((one): Step<Command> => ({ command: one })) },
      {
        weight: 1,
        arbitrary: fc.double({ min: 0, max: 1, noNaN: true }).map((back) => ({ back })),
      },
    ),
    { minLength: 1, maxLength: 14 },
  )

export interface Traced<Command, Event, State> {
  readonly id: string
  readonly decider: Decider<Command, Event, State>
  readonly one: AnyCompensable
  readonly around?: unknown
}

export interface WaysBack<Event> {
  /** The commits that came of the steps; what is refused is left out. */
  readonly history: readonly (readonly Event[])[]
  /** Back to after so many commits. */
  readonly moments: readonly LawAnswer[]
  /** Each commit taken back. */
  readonly undone: readonly LawAnswer[]
}

/** Goes back to every moment of a history, and takes every commit back. Throws where the law is broken. */
export function waysBack<Command, Event, State>(
  traced: Traced<Command, Event, State>,
  steps: readonly Step<Command>[],
): WaysBack<Event> {
  const { id, one, around } = traced
  const history = historyOf(traced, steps)
  const law = { one, id, history, around, nowUnixMs: 0 }
  return {
    history,
    moments: history.map((_, at) => restoreTo(law, at)),
    undone: history.map((_, at) => undoOf(law, at + 1)),
  }
}

function historyOf<Command, Event, State>(
  { id, decider, one, around }: Traced<Command, Event, State>,
  steps: readonly Step<Command>[],
): readonly (readonly Event[])[] {
  const history: (readonly Event[])[] = []
  let state = decider.initial()
  for (const step of steps) {
    const events = attempt(() => {
      if ('command' in step) return decider.decide(step.command, state)
      const law = { one, id, history, around, nowUnixMs: 0 }
      const answer = restoreTo(law, Math.floor(step.back * history.length))
      return answer.outcome === 'same' ? (answer.events as readonly Event[]) : [] // as: of its own type
    })
    if (events.length === 0) continue
    history.push(events)
    for (const event of events) state = decider.evolve(state, event)
  }
  return history
}

function attempt<T>(decide: () => readonly T[]): readonly T[] {
  try {
    return decide()
  } catch (error) {
    if (error instanceof DomainError) return []
    throw error
  }
}
