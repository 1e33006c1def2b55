import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { durability } from './durable.ts'
import { LogUnavailable, OutcomeUnknown, Stale } from './errors.ts'
import type { GateState } from './gate-state.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A gate by hand. */
function fakeGate() {
  let safe = 0n
  const advanced = new Set<() => void>()
  const rebased = new Set<(sequence: bigint) => void>()
  const gate = {
    state: (): GateState => ({ type: 'open' }),
    isReadable: () => true,
    knownSafe: () => safe,
    onStatus: () => () => undefined,
    safe: {
      current: () => safe,
      onAdvance: (listener: () => void) => {
        advanced.add(listener)
        return () => advanced.delete(listener)
      },
    },
    onRebase: (listener: (sequence: bigint) => void) => {
      rebased.add(listener)
      return () => rebased.delete(listener)
    },
  }
  return {
    gate,
    raise(sequence: bigint) {
      safe = sequence
      for (const listener of [...advanced]) listener()
    },
    rebase(sequence: bigint) {
      for (const listener of [...rebased]) listener(sequence)
    },
    listeners: () => advanced.size + rebased.size,
  }
}

/** It may fail before anybody looks. */
function begun<T>(answer: Promise<T>): Promise<T> {
  answer.catch(() => undefined)
  return answer
}

/** The answer, or `waiting` while there is none. */
async function stateOf(answer: Promise<unknown>): Promise<unknown> {
  const settled = answer.then(
    (value) => value,
    (error: { code?: string }) => error.code,
  )
  await vi.advanceTimersByTimeAsync(0)
  return await Promise.race([settled, Promise.resolve('waiting')])
}

describe('an answer', () => {
  test('waits for everything it depends on, and for no more', async () => {
    const { gate, raise } = fakeGate()
    const { durable, noted } = durability(gate)
    const answer = durable(async () => {
      await noted(async (on) => on.read(3n))
      await noted(async (on) => on.commanded('command', 5n))
      await noted(async (on) => on.read(4n))
      return 'done'
    })
    raise(4n)
    expect(await stateOf(answer)).toBe('waiting')
    raise(5n)
    expect(await stateOf(answer)).toBe('done')
  })

  test('without the log waits for nothing', async () => {
    const { gate, listeners } = fakeGate()
    const { durable } = durability(gate)
    const before = listeners()
    expect(await stateOf(durable(() => 'done'))).toBe('done')
    expect(listeners()).toBe(before)
  })

  test('that is a refusal waits too; one that nothing is certain does not', async () => {
    const { gate, raise } = fakeGate()
    const { noted } = durability(gate)
    const failing = (error: Error) =>
      noted(async (on) => {
        on.commanded('command', 2n)
        throw error
      })
    expect(await stateOf(failing(LogUnavailable({ reason: 'x' })))).toBe(LogUnavailable.code)
    const refused = failing(Stale({ expected: 1n, actual: 2n }))
    expect(await stateOf(refused)).toBe('waiting')
    raise(2n)
    expect(await stateOf(refused)).toBe(Stale.code)
  })

  test('is unknown after 5 s, or when the caller leaves', async () => {
    const { gate, listeners } = fakeGate()
    const { noted } = durability(gate)
    const before = listeners()
    const write = begun(noted(async (on) => on.commanded('command', 2n)))
    const read = begun(noted(async (on) => on.read(2n)))
    const leaving = new AbortController()
    const left = noted(async (on) => on.commanded('command', 2n), leaving.signal)
    expect(await stateOf(left)).toBe('waiting')
    leaving.abort()
    expect(await stateOf(left)).toBe(OutcomeUnknown.code)
    expect(await stateOf(write)).toBe('waiting')
    vi.advanceTimersByTime(5_000)
    expect(await stateOf(write)).toBe(OutcomeUnknown.code)
    expect(await stateOf(read)).toBe(LogUnavailable.code)
    expect(listeners()).toBe(before)
  })

  test('is unknown when the log came back without it, whoever has its sequence now', async () => {
    const { gate, raise, rebase } = fakeGate()
    const { durable, noted } = durability(gate)
    const waiting = begun(noted(async (on) => on.commanded('command', 5n)))
    let finish: () => void = () => undefined
    const atWork = begun(
      durable(async () => {
        await noted(async (on) => on.commanded('command', 5n))
        await new Promise<void>((resolve) => {
          finish = resolve
        })
      }),
    )
    const kept = noted(async (on) => on.commanded('command', 4n))
    expect(await stateOf(waiting)).toBe('waiting')
    rebase(4n)
    raise(9n)
    finish()
    expect(await stateOf(waiting)).toBe(OutcomeUnknown.code)
    expect(await stateOf(atWork)).toBe(OutcomeUnknown.code)
    expect(await stateOf(kept)).toBeUndefined()
  })

  test('that only reads a log that is kept closed is given at once', async () => {
    const { gate } = fakeGate()
    gate.state = () => ({ type: 'refused', reason: 'commit 7 differs' })
    const { noted } = durability(gate)
    expect(await stateOf(noted(async (on) => on.read(5n)))).toBeUndefined()
    expect(await stateOf(noted(async (on) => on.commanded('command', 5n)))).toBe('waiting')
  })
})

test('waiting for a sequence ends with it, or says that it is not safe', async () => {
  const { gate, raise } = fakeGate()
  const { whenSafe } = durability(gate)
  const reached = whenSafe(3n)
  expect(await stateOf(reached)).toBe('waiting')
  raise(3n)
  expect(await stateOf(reached)).toBeUndefined()
  const never = whenSafe(4n)
  expect(await stateOf(never)).toBe('waiting')
  vi.advanceTimersByTime(5_000)
  expect(await stateOf(never)).toBe(LogUnavailable.code)
})

test('a reader that wants all anybody was told waits while more may be told, and no longer', async () => {
  const { gate, raise } = fakeGate()
  const { safeBelow } = durability(gate)
  const open = safeBelow(5n)
  expect(await stateOf(open)).toBe('waiting')
  raise(7n)
  expect(await stateOf(open)).toBe(5n)
  gate.state = () => ({ type: 'waiting', reason: 'nothing is heard' })
  expect(await stateOf(safeBelow(9n))).toBe(7n)
})
