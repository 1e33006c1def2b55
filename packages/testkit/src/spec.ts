import assert from 'node:assert/strict'
import type { Decider } from '@holdfast/domain'
import type { ErrorDefinition } from '@holdfast/errors'

interface Expectation<Event> {
  /** These events and no others, in this order. */
  expects(...events: readonly Event[]): void
  /** The command is refused with this error; with `details`, those details. */
  rejects<D extends Details>(definition: ErrorDefinition<D>, details?: Partial<D>): void
}

type Details = Readonly<Record<string, string | number | bigint | boolean>>

export interface Spec<Command, Event, State> {
  /** What has happened. */
  given(...events: readonly Event[]): {
    when(command: Command): Expectation<Event>
    /** The state these events add up to. */
    readonly state: State
  }
}

/** Sentences about a decider: `given(created).when({ type: 'RemovePeer', … }).rejects(PeerNotFound)`. */
export function spec<Command, Event, State>(
  decider: Decider<Command, Event, State>,
): Spec<Command, Event, State> {
  return {
    given(...events) {
      const state = events.reduce(
        (folded, event) => decider.evolve(folded, event),
        decider.initial(),
      )
      return {
        state,
        when: (command) => ({
          expects(...expected) {
            assert.deepStrictEqual([...decider.decide(command, state)], expected)
          },
          rejects(definition, details) {
            const refusal = refusalOf(() => decider.decide(command, state))
            assert.ok(
              definition.is(refusal),
              `expected ${definition.code}, got ${describe(refusal)}`,
            )
            for (const [name, value] of Object.entries(details ?? {})) {
              assert.equal(refusal.details[name], String(value), `detail ${name}`)
            }
          },
        }),
      }
    },
  }
}

function refusalOf(decide: () => readonly unknown[]): unknown {
  try {
    decide()
    return undefined
  } catch (error) {
    return error
  }
}

function describe(refusal: unknown): string {
  if (refusal === undefined) return 'no refusal'
  return refusal instanceof Error ? (refusal.stack ?? refusal.message) : String(refusal)
}
