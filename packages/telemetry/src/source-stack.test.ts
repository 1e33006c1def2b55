import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sourceStack } from './source-stack.ts'

let folder = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-stack-'))
  // Types and comments go, so that no line of the bundle is where it was.
  const deep = `
/** Throws. */
interface Wish { readonly depth: number }
export function fall(wish: Wish): never {
  if (wish.depth === 0) throw new Error('down here')
  return fall({ depth: wish.depth - 1 })
}
`
  const entry = `
import { fall } from './deep.ts'
type Way = 'down'

const go = (way: Way): void => fall({ depth: way.length - 3 })
try {
  go('down')
} catch (error) {
  console.log((error as Error).stack)
}
`
  writeFileSync(join(folder, 'deep.ts'), deep)
  writeFileSync(join(folder, 'entry.ts'), entry)
  await build({
    absWorkingDir: folder,
    entryPoints: ['entry.ts'],
    outfile: 'out/entry.mjs',
    bundle: true,
    format: 'esm',
    sourcemap: 'linked',
    sourcesContent: false,
  })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a stack names the places in the sources', () => {
  const bundle = join(folder, 'out/entry.mjs')
  const stack = execFileSync(process.execPath, [bundle], { encoding: 'utf8' })
  expect(stack).toContain('entry.mjs:')
  const told = sourceStack(stack)
  const [message, ...frames] = told.split('\n')
  expect(message).toBe('Error: down here')
  expect(frames[0]).toContain(`${join(folder, 'deep.ts')}:5:`)
  expect(frames[1]).toContain(`${join(folder, 'deep.ts')}:6:`)
  expect(frames[2]).toContain(`${join(folder, 'entry.ts')}:5:`)
  expect(frames[3]).toContain(`${join(folder, 'entry.ts')}:7:`)
  expect(sourceStack(stack)).toBe(told)
})

test('what has no map stays as it is', () => {
  const missing = `Error: x\n    at y (${pathToFileURL(join(folder, 'none.mjs'))}:3:4)\n    at node:internal:1:2`
  expect(sourceStack(missing)).toBe(missing)
  writeFileSync(join(folder, 'broken.mjs.map'), '{"mappings":"\u0000;;")')
  const broken = `Error: x\n    at y (${pathToFileURL(join(folder, 'broken.mjs'))}:3:4)`
  expect(sourceStack(broken)).toBe(broken)
})
