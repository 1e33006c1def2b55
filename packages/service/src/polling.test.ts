import { expect, test, vi } from 'vitest'
import { Polling } from './polling.ts'

const never = 3_600_000
const polling = (turn: () => Promise<boolean>, everyMs = never) => {
  const failures: number[] = []
  const made = new Polling({ everyMs, turn, failed: (_error, inARow) => failures.push(inARow) })
  return { made, failures }
}

test('looks at the start, when told to, and again at once when there is more', async () => {
  const answers = [true, true, false, false]
  const turn = vi.fn(async () => answers.shift() ?? false)
  const { made } = polling(turn)
  made.start()
  await vi.waitFor(() => expect(turn).toHaveBeenCalledTimes(3))
  made.wake()
  await vi.waitFor(() => expect(turn).toHaveBeenCalledTimes(4))
  await made.stop()
  expect(turn).toHaveBeenCalledTimes(4)
})

test('told during a turn, it takes another', async () => {
  let turns = 0
  const { made } = polling(async () => {
    turns++
    if (turns === 1) made.wake()
    return false
  })
  made.start()
  await vi.waitFor(() => expect(turns).toBe(2))
  await made.stop()
})

test('goes on after failures, and counts them from the last turn that went well', async () => {
  const turns = [false, true, false, false]
  const { made, failures } = polling(async () => {
    if (turns.shift() === false) throw new Error('not now')
    return false
  }, 1)
  made.start()
  await vi.waitFor(() => expect(turns).toEqual([]))
  await made.stop()
  expect(failures).toEqual([1, 1, 2])
})

test('stopped, it lets the turn under way end and begins no other', async () => {
  let end = (): void => undefined
  const turn = vi.fn(async () => {
    await new Promise<void>((resolve) => {
      end = resolve
    })
    return true
  })
  const { made } = polling(turn)
  made.start()
  const stopped = made.stop()
  end()
  await stopped
  expect(turn).toHaveBeenCalledTimes(1)
})
