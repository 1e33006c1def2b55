import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RootKeys } from './root-keys.ts'

const [a, b, c] = ['a', 'b', 'c'].map((letter) => letter.repeat(32)) as [string, string, string]
const told = (present: string, ...former: string[]) => ({
  recipient: `age1${present[0]}`,
  rootKeyFingerprint: present,
  formerFingerprints: former,
})

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-test-root-keys-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))
const names = ({ present, former }: RootKeys) => [present, ...former]

test('what the settings say, until auth tells of a rotation', async () => {
  const keys = new RootKeys(directory, { present: a, former: [] })
  expect([names(keys), keys.recipient]).toEqual([[a], undefined])
  expect(await keys.learn(told(a))).toBe(false)
  expect(keys.recipient).toBe('age1a')
  expect(await keys.learn(told(b, a))).toBe(true)
  expect([names(keys), keys.recipient]).toEqual([[b, a], 'age1b'])
})

test('settings from before a rotation do not take it back', async () => {
  await new RootKeys(directory, { present: a, former: [] }).learn(told(b, a))
  expect(names(new RootKeys(directory, { present: a, former: [] }))).toEqual([b, a])
  expect(names(new RootKeys(directory, { present: b, former: [a] }))).toEqual([b, a])
})

test('settings that are ahead go first', async () => {
  await new RootKeys(directory, { present: a, former: [] }).learn(told(b, a))
  expect(names(new RootKeys(directory, { present: c, former: [b, a] }))).toEqual([c, b, a])
})

test('a file that is none says nothing', async () => {
  await new RootKeys(directory, { present: a, former: [] }).learn(told(b, a))
  const path = join(directory, 'root-keys.json')
  for (const text of ['', '{"present":1,"former":[]}', readFileSync(path, 'utf8').slice(0, 20)]) {
    writeFileSync(path, text)
    expect(names(new RootKeys(directory, { present: a, former: [] }))).toEqual([a])
  }
})
