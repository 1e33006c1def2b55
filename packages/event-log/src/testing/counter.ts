import { randomUUID } from 'node:crypto'
import type { CommandId } from '@holdfast/domain'
import { defineError } from '@holdfast/errors'
import { UnknownEvent } from '../errors.ts'
import type { Aggregate, CommandContext } from '../types.ts'

/** The smallest aggregate with a rule; for tests and benches of the log. */
export type CounterCommand = { type: 'Add'; by: number } | { type: 'Touch' }

export interface CounterAdded {
  readonly type: 'CounterAdded'
  readonly by: number
}

export interface CounterState {
  total: number
  adds: number
}

export const CounterLimit = defineError('test.counter_limit', 'conflict', () => 'that is too much')

/** Refuses to go beyond 1,000,000; `Touch` changes nothing. */
export const counter: Aggregate<CounterCommand, CounterAdded, CounterState> = {
  context: 'network',
  type: 'counter',
  decider: {
    initial: () => ({ total: 0, adds: 0 }),
    decide(command, state) {
      if (command.type === 'Touch') return []
      if (state.total + command.by > 1_000_000) throw CounterLimit({})
      return [{ type: 'CounterAdded', by: command.by }]
    },
    evolve(state, event) {
      state.total += event.by
      state.adds += 1
      return state
    },
  },
  codec: {
    encode: (event) => ({
      type: event.type,
      schema: 1,
      data: Buffer.from(JSON.stringify({ by: event.by })),
    }),
    decode({ type, schema, data }) {
      if (type !== 'CounterAdded' || schema !== 1) throw UnknownEvent({ type, schema })
      const { by } = JSON.parse(Buffer.from(data).toString('utf8')) as { by: number } // our own
      return { type, by }
    },
  },
}

export const newCommand = (more: Partial<CommandContext> = {}): CommandContext => ({
  commandId: randomUUID() as CommandId, // a test mints its own
  isKeyed: false,
  actor: { kind: 'service', id: 'network' },
  correlationId: randomUUID(),
  ...more,
})

export const subjectOfCounter = (id: string): string => `evt.network.counter.${id}`
