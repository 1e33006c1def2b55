import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clearStages, examineTarget, heldName, mergeKeys } from './target.ts'

let root: string
let data: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'holdfast-target-'))
  data = join(root, 'data')
})
afterEach(() => rm(root, { recursive: true, force: true }))

async function directory(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(join(root, name))
  for (const [file, text] of Object.entries(files)) await writeFile(join(root, name, file), text)
}
const madeBy = (id: string) => ({ 'restored.json': JSON.stringify({ restore_id: id }) })
const nobody = { [heldName]: '0\n' }

test('stages that were cut short go, as far as they had come', async () => {
  await directory('data.restoring-a', {})
  await directory('data.restoring-b', { ...nobody, 'root.key': 'x' })
  await directory('data.restoring-c', { ...nobody, ...madeBy('c') })
  expect((await clearStages(data)).toSorted()).toEqual(
    ['a', 'b', 'c'].map((id) => `${data}.restoring-${id}`),
  )
  expect(await readdir(root)).toEqual([])
})

test('cut short where names cannot change places at once, what was there is kept', async () => {
  await directory('data.restoring-a', { ...nobody, ...madeBy('a') })
  await directory('data.restoring-a.before', { precious: 'x' })
  expect(await clearStages(data)).toEqual([`${data}.restoring-a`])
  expect(await readFile(`${data}.before-a.before/precious`, 'utf8')).toBe('x')
})

test('what was there is kept also when its successor was moved away since, or had come of a restore too', async () => {
  await directory('data.restoring-a', { precious: 'x' })
  await directory('data.restoring-b', { ...nobody, ...madeBy('a'), precious: 'y' })
  expect(await clearStages(data)).toEqual([])
  expect(await readFile(`${data}.before-a/precious`, 'utf8')).toBe('x')
  expect(await readFile(`${data}.before-b/precious`, 'utf8')).toBe('y')
})

test.each([
  ['store cannot be read', 'keys/no key', 'x'],
  ['root key is being rotated', 'keys/root-key.next', '{}'],
])('keys of an instance whose %s are not given up', async (reason, file, text) => {
  const lineageId = '01930000-0000-7000-8000-000000000001'
  await directory('data', {})
  await mkdir(join(data, 'keys'))
  await writeFile(join(data, 'keys/instance.json'), JSON.stringify({ lineageId, generation: 1 }))
  await writeFile(join(data, file), text)
  const standing = await examineTarget({ data }, true)
  const theirs = { rootKeyFingerprint: 'ab'.repeat(16), destroyed: [], files: [] }
  expect(() => mergeKeys(theirs, lineageId, standing)).toThrow(reason)
  // Those of another instance are nothing to this one.
  const other = '01930000-0000-7000-8000-000000000002'
  expect(mergeKeys(theirs, other, standing).kept).toEqual([])
})
