import { expect, test } from 'vitest'
import { distinctlyNamed } from './collect.ts'

test('no tenant makes a snapshot of all unreadable by what it calls itself', () => {
  const called = (...names: string[]) =>
    distinctlyNamed(names.map((name) => ({ id: '', name, description: '' }))).map(
      ({ name }) => name,
    )
  expect(called('Acme', 'Other')).toEqual(['Acme', 'Other'])
  expect(called('Acme', 'Acme', 'Acme', 'Acme (2)')).toEqual([
    'Acme',
    'Acme (3)',
    'Acme (4)',
    'Acme (2)',
  ])
  expect(called('two\u2028lines')).toEqual(['two lines'])
  const long = called('\u{1f9ed}'.repeat(128), '\u{1f9ed}'.repeat(128))
  expect(new Set(long).size).toBe(2)
  expect(long.every((name) => [...name].length <= 128)).toBe(true)
})
