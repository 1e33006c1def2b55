import { expect, test } from 'vitest'
import { oneAtATime } from './one-at-a-time.ts'

const gate = () => {
  let open = () => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open: () => open() }
}

test('work under one name waits, work under another does not', async () => {
  const locks = oneAtATime()
  const first = gate()
  const order: string[] = []
  const one = locks.run(['a'], async () => {
    await first.passed
    order.push('one')
  })
  const two = locks.run(['a'], async () => void order.push('two'))
  await locks.run(['b'], async () => void order.push('other'))
  first.open()
  await Promise.all([one, two])
  expect(order).toEqual(['other', 'one', 'two'])
})

test('names in any order, repeated or not, never block each other', async () => {
  const locks = oneAtATime()
  const done = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      locks.run(i % 2 ? ['a', 'b', 'a'] : ['b', 'a'], async () => i),
    ),
  )
  expect(done).toHaveLength(50)
})

test('work that fails lets go', async () => {
  const locks = oneAtATime()
  await expect(
    locks.run(['a'], async () => {
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  expect(await locks.run(['a'], async () => 'next')).toBe('next')
})
