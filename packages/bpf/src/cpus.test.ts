import { expect, test } from 'vitest'
import { parsePossibleCpus } from './cpus.ts'

test.each([
  ['0\n', 1],
  ['0-3\n', 4],
  ['0-127\n', 128],
  ['0-3,8-11\n', 12],
  ['0,2,5\n', 6],
])('%j has room for %i CPUs', (text, cpus) => expect(parsePossibleCpus(text)).toBe(cpus))

test('what is no list is refused', () => {
  for (const text of ['', 'many', '0-', '0-x']) {
    expect(() => parsePossibleCpus(text)).toThrow('not a list of CPUs')
  }
})
