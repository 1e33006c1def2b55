import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import { answers, directory, holdfast, seen, signIn } from '../testing/harness.ts'

const checkpoint = {
  size: '7',
  root: 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=',
  note: 'holdfast/x/1\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— holdfast/x/1 AAAA\n',
  signed_at: '2026-11-20T09:30:00.000Z',
  witnesses: ['a'],
}

beforeEach(async () => {
  await signIn()
  answers.set('GET /audit/checkpoint', () => ({ status: 200, body: checkpoint }))
  answers.set('POST /audit/checkpoints', () => ({ status: 200, body: checkpoint }))
})

test('a checkpoint is printed as the note alone, ready for a file', async () => {
  const { out, exitCode } = await holdfast(['audit', 'checkpoint', '--size', '7'])
  expect(exitCode).toBe(0)
  expect(`${out.trimEnd()}\n`).toBe(checkpoint.note)
  expect(seen.at(-1)?.path).toContain('size=7')
})

test('one can be signed now, but not one of a size', async () => {
  expect((await holdfast(['audit', 'checkpoint', '--sign'])).exitCode).toBe(0)
  expect(seen.at(-1)?.method).toBe('POST')
  const { exitCode } = await holdfast(['audit', 'checkpoint', '--sign', '--size', '7'])
  expect(exitCode).toBe(exitCodes.usage)
})

test('a bundle goes into the file as it came, with what to do next', async () => {
  answers.set('GET /audit/bundle', () => ({ status: 200, text: 'line 1\nline 2\n' }))
  const file = join(directory, 'log.hfbundle')
  const { notes, exitCode } = await holdfast(['audit', 'bundle', '--to', '7', '--out', file])
  expect(exitCode).toBe(0)
  expect(readFileSync(file, 'utf8')).toBe('line 1\nline 2\n')
  expect(notes).toContain(`holdfast-verify bundle ${file}`)
})

test('what cannot be written leaves nothing behind', async () => {
  answers.set('GET /audit/log/7/proof', () => ({ status: 200, text: '{}' }))
  const file = join(directory, 'missing', 'entry.json')
  const { exitCode, error } = await holdfast(['audit', 'proof', '7', '--out', file])
  expect(exitCode).toBe(exitCodes.failed)
  expect(error?.message).toContain('cannot save')
  expect(existsSync(file)).toBe(false)
  expect(readdirSync(directory).some((name) => name.endsWith('.part'))).toBe(false)
})

test('a place in the log is a number', async () => {
  const { exitCode, error } = await holdfast(['audit', 'get', '0'])
  expect(exitCode).toBe(exitCodes.usage)
  expect(error?.message).toContain('a number from 1')
})

test('checkpoints and proofs are also those of the access records', async () => {
  await holdfast(['audit', 'checkpoint', '--log', 'access', '--epoch', '1780000000000-1'])
  expect(seen.at(-1)?.path).toContain('log=access&epoch=1780000000000-1')
  answers.set('GET /audit/access/7/proof', () => ({ status: 200, text: '{}' }))
  const file = join(directory, 'access.json')
  const { notes } = await holdfast(['audit', 'access-proof', '7', '--out', file])
  expect(notes).toContain(`holdfast-verify entry ${file}`)
  expect((await holdfast(['audit', 'checkpoint', '--log', 'flows'])).exitCode).toBe(exitCodes.usage)
})

test('trees of the access records are listed, also when there is none', async () => {
  const tree = {
    epoch: '1780000000000-1',
    first_sequence: '1',
    size: '30',
    checkpoint_size: '30',
    ended_at: '2026-11-20T09:30:00.000Z',
    ended_because: 'the stream was made anew',
  }
  const answer = (items: readonly unknown[]) => ({
    status: 200,
    body: { items, next_cursor: null },
  })
  answers.set('GET /audit/access/trees', () => answer([tree]))
  const { out } = await holdfast(['audit', 'access-trees'])
  expect(out).toContain('1780000000000-1')
  expect(out).toContain('the stream was made anew')
  const json = await holdfast(['audit', 'access-trees', '--json'])
  expect(json.out).toContain('"ended_because"')
  answers.set('GET /audit/access/trees', () => answer([]))
  const empty = await holdfast(['audit', 'access-trees'])
  expect(`${empty.out}${empty.notes}`).toContain('No tree yet')
})
