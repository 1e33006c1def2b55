import { readdirSync, readFileSync } from 'node:fs'
import { accessActions, actions, isWithin } from '@holdfast/catalogue'
import { parseFilter } from '@holdfast/filter'
import { expect, test } from 'vitest'
import { builtinRules } from './alert-builtin.ts'

const root = new URL('../../../../', import.meta.url)

/** What a later release sends, named by the product before there is anything to find out (FB-93, SP-18). */
const awaited = ['operator.root_key_not_exported']

/** All source of processes; examples and lists name codes without sending them, as `code:` only an alarm has one. */
function sources(): string {
  const folders = ['services', 'packages', 'runtime']
  return folders
    .flatMap((folder) =>
      readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
        .filter((name) => /(^|\/)src\/.*\.ts$/.test(name) && !/node_modules|\.test\.ts$/.test(name))
        .filter((name) => !name.endsWith('domain/alert-builtin.ts') && !name.includes('/testing/'))
        .map((name) => readFileSync(new URL(`${folder}/${name}`, root), 'utf8')),
    )
    .join('\n')
}

test('every alarm a rule of the product names is sent by somebody, or is said to be awaited', () => {
  const text = sources()
  const named = builtinRules.flatMap(({ settings }) => settings.alarms)
  const silent = named.filter((code) => !text.includes(`code: '${code}'`))
  expect(silent.sort()).toEqual([...awaited].sort())
})

test('what is sent as an alarm is watched as one: as an action it would be told twice', () => {
  const text = sources()
  const watched = builtinRules.flatMap(({ settings }) => settings.actions)
  expect(watched.filter((code) => text.includes(`code: '${code}'`))).toEqual([])
})

test('every action they name exists, their filters can be read, and ids are given once', () => {
  const known = [...actions, ...accessActions].map(({ code }) => code)
  for (const { settings } of builtinRules) {
    for (const code of settings.actions)
      expect(
        known.some((one) => isWithin(one, [code])),
        code,
      ).toBe(true)
    if (settings.filter !== '') parseFilter(settings.filter)
    expect(settings.actions.length === 0).toBe(settings.alarms.length > 0)
  }
  expect(new Set(builtinRules.map(({ id }) => id)).size).toBe(builtinRules.length)
  expect(new Set(builtinRules.map(({ settings }) => settings.name)).size).toBe(builtinRules.length)
})
