import { expect, test } from 'vitest'
import { together } from './leader.ts'

/** Works until it is told to end. */
const lasting = (ended: string[], name: string) => async (signal: AbortSignal) => {
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  ended.push(name)
}

test('when one of several works fails, the others have ended before the leader begins again', async () => {
  const ended: string[] = []
  const failing = () => Promise.reject(new Error('the server is away'))
  const works = [lasting(ended, 'first'), failing, lasting(ended, 'third')]
  await expect(together(new AbortController().signal, works)).rejects.toThrow('away')
  expect(ended).toEqual(['first', 'third'])
})

test('all end when the leader is to', async () => {
  const ended: string[] = []
  const leading = new AbortController()
  const running = together(leading.signal, [lasting(ended, 'first'), lasting(ended, 'second')])
  leading.abort()
  await running
  expect(ended).toEqual(['first', 'second'])
})
