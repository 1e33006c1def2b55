import { expect, test } from 'vitest'
import { dataKeys } from './data-keys.ts'

const key = (id: string, isActive: boolean) => ({ id, key: new Uint8Array(32), isActive })

test('a ring is fetched once, and at once again for a key it lacks', async () => {
  let now = 0
  let asked = 0
  let keys = [key('one', true)]
  const auth = {
    getDataKeys: async () => {
      asked += 1
      return { keys }
    },
  }
  const rings = dataKeys(auth as never, 'network', () => now) // what it asks of auth
  const active = async (knowing?: string) => (await rings.of('o', knowing)).active.id

  expect([await active(), await active('one'), asked]).toEqual(['one', 'one', 1])
  // Rotated: another process seals with the new one within the same moment.
  keys = [key('two', true), key('one', false)]
  expect([await active(), await active('two'), asked]).toEqual(['one', 'two', 2])
  expect([await active(), asked]).toEqual(['two', 2])
  // One that nobody has is asked for once a second.
  await active('gone')
  await active('gone')
  expect(asked).toBe(3)
  now = 1_001
  await active('gone')
  expect(asked).toBe(4)
  // And in any case after a minute.
  keys = [key('three', true)]
  now = 62_000
  expect(await active()).toBe('three')
})
