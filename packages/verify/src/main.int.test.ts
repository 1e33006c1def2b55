import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keys, logOf, witnesses } from './testing/small-log.ts'

// As scripts/build.mjs bundles it, but with nothing left outside: what cannot be bundled fails here.
const entry = fileURLToPath(new URL('./main.ts', import.meta.url))
let directory = ''
const log = await logOf()

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-verify-'))
  await build({
    entryPoints: [entry],
    outfile: join(directory, 'built', 'holdfast-verify.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
  })
  await cp(join(directory, 'built', 'holdfast-verify.mjs'), join(directory, 'alone', 'verify.mjs'))
  const write = (name: string, content: string | Uint8Array) =>
    writeFile(join(directory, 'alone', name), content)
  await write('log.hfbundle', await log.bundle())
  const bad = await log.bundle()
  const at = bad.indexOf('"sequence":"7"') + 200
  bad[at] = (bad[at] ?? 0) ^ 1
  await write('bad.hfbundle', bad)
  await write('entry.json', await log.entry(5n))
  await write('old.note', log.notes[0] ?? '')
  await write('new.note', log.notes[2] ?? '')
  await write('proof.json', await log.consistencyOf(0, 2))
  await write('log.key', `# the log\n${keys.first.key.text}\n`)
  await log.archive(join(directory, 'alone', 'archive'), 4)
})
afterAll(() => rm(directory, { recursive: true }))

const { text: key } = keys.first.key
const run = (...words: readonly string[]) => {
  // No environment, no packages, no other file of ours.
  const { status, stdout, stderr } = spawnSync(
    'env',
    ['-i', process.execPath, 'verify.mjs', ...words],
    { cwd: join(directory, 'alone'), encoding: 'utf8' },
  )
  return { status, stdout, stderr }
}

test('one file, alone, without an environment, verifies all there is to verify', async () => {
  expect(await readdir(join(directory, 'alone'))).not.toContain('node_modules')
  for (const words of [
    ['bundle', 'log.hfbundle', '--key', key],
    ['bundle', 'log.hfbundle', '--key=log.key', '--checkpoint', 'old.note'],
    ['bundle', 'log.hfbundle', '--key', key, '--witness', witnesses.ben.key.text],
    ['entry', 'entry.json', '--key', key],
    ['consistency', 'old.note', 'new.note', 'proof.json', '--key', key],
    ['consistency', 'proof.json', '--key', key],
    ['archive', 'archive', '--key', key],
    ['archive', 'archive', '--allow-unpinned'],
  ]) {
    const { status, stdout, stderr } = run(...words)
    expect({ words, status, stderr, isOk: stdout.startsWith('integrity:     ok') }).toEqual({
      words,
      status: 0,
      stderr: '',
      isOk: true,
    })
  }
})

test('exit codes say what it was', () => {
  const status = (...words: readonly string[]) => run(...words).status
  expect(status('bundle', 'bad.hfbundle', '--key', key)).toBe(1)
  expect(status('bundle', 'log.hfbundle')).toBe(2)
  expect(status('consistency', 'old.note', 'new.note', '--key', key)).toBe(2)
  expect(status('bundle', 'log.hfbundle', '--key', keys.stranger.key.text)).toBe(3)
  for (const words of [
    [],
    ['bundle'],
    ['bundle', 'nowhere'],
    ['bundle', 'log.hfbundle', '--nonsense'],
    ['bundle', 'log.hfbundle', '--key'],
    ['bundle', 'log.hfbundle', '--key', witnesses.ben.key.text],
    ['bundle', 'log.hfbundle', '--witnesses', '1'],
    ['archive', 'alone'],
    ['what', 'log.hfbundle'],
  ])
    expect({ words, status: status(...words) }).toEqual({ words, status: 3 })
  expect(status('--help')).toBe(0)
})

test('JSON names the first bad sequence, and quiet says nothing', () => {
  const { status, stdout } = run('bundle', 'bad.hfbundle', '--key', key, '--json')
  expect(status).toBe(1)
  expect(JSON.parse(stdout)).toMatchObject({
    exit_code: 1,
    first_bad_sequence: '7',
    integrity: { verdict: 'failed' },
  })
  expect(run('bundle', 'bad.hfbundle', '--key', key, '--quiet')).toEqual({
    status: 1,
    stdout: '',
    stderr: '',
  })
})
