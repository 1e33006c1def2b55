import { expect, test } from 'vitest'
import { gather } from './gather.ts'

/** A fetch whose rounds end when the test says so. */
function rounds() {
  const asked: (readonly number[])[] = []
  const ends: ((error?: Error) => void)[] = []
  const fetch = (questions: readonly number[]): Promise<readonly string[]> => {
    asked.push(questions)
    return new Promise((resolve, reject) => {
      ends.push((error) => (error ? reject(error) : resolve(questions.map((q) => `a${q}`))))
    })
  }
  return { asked, ends, fetch }
}

test('the first goes at once, those that come meanwhile go together afterwards', async () => {
  const { asked, ends, fetch } = rounds()
  const ask = gather(fetch)
  const first = ask(1)
  const others = [ask(2), ask(3), ask(2)]
  expect(asked).toEqual([[1]])
  ends[0]?.()
  expect(await first).toBe('a1')
  expect(asked).toEqual([[1], [2, 3, 2]])
  ends[1]?.()
  expect(await Promise.all(others)).toEqual(['a2', 'a3', 'a2'])
  const later = ask(4)
  expect(asked[2]).toEqual([4])
  ends[2]?.()
  expect(await later).toBe('a4')
})

test('a failure is of those it was asked for', async () => {
  const { ends, fetch } = rounds()
  const ask = gather(fetch, 2)
  const first = ask(1)
  const second = [ask(2), ask(3)]
  const third = ask(4)
  ends[0]?.()
  await first
  ends[1]?.(new Error('down'))
  for (const one of second) await expect(one).rejects.toThrow('down')
  ends[2]?.()
  expect(await third).toBe('a4')
})
