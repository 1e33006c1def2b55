import { afterEach, expect, test } from 'vitest'
import { until } from '../testing/samples.ts'
import { type HostNames, hostNames } from './host-names.ts'

let names: HostNames | undefined
afterEach(() => names?.stop())

test('asking never waits; the answer is told when it is there', async () => {
  let changes = 0
  names = hostNames({
    onChange: () => {
      changes++
    },
    lookUp: async () => '192.0.2.7',
  })
  expect(names.resolve('vpn.example.org')).toBeUndefined()
  await until(() => changes === 1, 'the answer')
  expect(names.resolve('vpn.example.org')).toBe('192.0.2.7')
})

test('a new address is told, the same one is not, and an outage takes none away', async () => {
  const answers: (string | undefined)[] = ['192.0.2.7', '192.0.2.7', undefined, '192.0.2.8']
  let asked = 0
  const seen: (string | undefined)[] = []
  const made = hostNames({
    onChange: () => seen.push(made.resolve('vpn.example.org')),
    refreshMs: 1,
    async lookUp() {
      const answer = answers[Math.min(asked++, answers.length - 1)]
      if (answer === undefined) throw new Error('no answer')
      return answer
    },
  })
  names = made
  made.resolve('vpn.example.org')
  await until(() => asked > answers.length, 'all answers')
  expect(seen).toEqual(['192.0.2.7', '192.0.2.8'])
})
