import { randomUUID } from 'node:crypto'
import type { CommandId } from '@holdfast/domain'
import type { Aggregate, CommandContext } from '@holdfast/event-log'

/** The smallest aggregate there is, for tests of what becomes of its commits. */
export const tally: Aggregate<{ by: number }, { type: 'Added'; by: number }, { total: number }> = {
  context: 'network',
  type: 'tally',
  decider: {
    initial: () => ({ total: 0 }),
    decide: ({ by }) => [{ type: 'Added', by }],
    evolve(state, { by }) {
      state.total += by
      return state
    },
  },
  codec: {
    encode: ({ type, by }) => ({ type, schema: 1, data: Buffer.from(String(by)) }),
    decode: ({ data }) => ({ type: 'Added', by: Number(Buffer.from(data).toString()) }),
  },
}

/** The same, whose commands may travel together with those before them. */
export const chained: typeof tally = { ...tally, mayFollow: () => true }

export const newCommand = (more: Partial<CommandContext> = {}): CommandContext => ({
  commandId: randomUUID() as CommandId, // a test mints its own
  isKeyed: false,
  actor: { kind: 'service', id: 'network' },
  correlationId: randomUUID(),
  ...more,
})
