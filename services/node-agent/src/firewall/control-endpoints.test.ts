import { expect, test } from 'vitest'
import { until } from '../testing/samples.ts'
import { controlEndpoints } from './control-endpoints.ts'

test('addresses count as they are, names with every address they have', async () => {
  let changes = 0
  let answer: readonly string[] = ['192.0.2.9', '2001:DB8::9']
  const endpoints = controlEndpoints({
    servers: ['tls://192.0.2.1:4223', 'nats://[fd00::1]', 'log.example.org:4222', 'nonsense://'],
    onChange: () => changes++,
    refreshMs: 5,
    lookUp: async () => {
      if (answer.length === 0) throw new Error('no such name')
      return answer
    },
  })
  expect(endpoints.current()).toEqual([
    { address: '192.0.2.1', port: 4223 },
    { address: 'fd00::1', port: 4222 },
  ])
  await until(() => changes === 1, 'the look-up')
  expect(endpoints.current()).toContainEqual({ address: '2001:db8::9', port: 4222 })
  answer = []
  await new Promise((resolve) => setImmediate(resolve))
  expect(endpoints.current()).toHaveLength(4)
  answer = ['192.0.2.10']
  await until(() => changes === 2, 'another address')
  expect(endpoints.current()).toHaveLength(3)
  endpoints.stop()
})
