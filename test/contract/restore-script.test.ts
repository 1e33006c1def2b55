import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'

// restore.sh beside commands that say what they were called with; test/system/restore-instance.test.ts has the real one.

const script = resolve(import.meta.dirname, '../../scripts/restore.sh')
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-restore-sh-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const tells = `#!/bin/sh\nprintf '%s\\n' "$@" >"${folder}/called"\n`
  writeFileSync(join(folder, 'holdfast'), tells, { mode: 0o755 })
  writeFileSync(join(folder, 'some.hfbak'), 'x')
})

interface Ended {
  readonly code: number
  readonly stderr: string
  readonly called: readonly string[] | undefined
}

function run(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const all = {
    PATH: process.env['PATH'],
    HOLDFAST_CLI: join(folder, 'holdfast'),
    HOLDFAST_ENV_FILE: join(folder, 'none'),
    HOLDFAST_COMPOSE_FILE: join(folder, 'none'),
    ...env,
  }
  return new Promise((done) => {
    execFile(script, args, { env: all, cwd: folder }, (error, _out, stderr) => {
      let called: readonly string[] | undefined
      try {
        called = readFileSync(join(folder, 'called'), 'utf8').trimEnd().split('\n')
      } catch {
        called = undefined // it was not
      }
      done({ code: error ? Number(error.code ?? 1) : 0, stderr, called })
    })
  })
}

test.each([
  [['some.hfbak', '--force']],
  [['--force', 'some.hfbak']],
  [['some.hfbak', '--force', '--to-seq', '42']],
])('the flag stands behind the file or before it: %j', async (args) => {
  const { code, stderr, called } = await run(args)
  expect(code, stderr).toBe(0)
  const file = join(folder, 'some.hfbak')
  expect(called?.slice(0, 5)).toEqual(['restore', 'instance', '--from', file, '--force'])
  expect(called).not.toContain('some.hfbak')
  if (args.length > 2) expect(called?.slice(5)).toEqual(['--to-seq', '42'])
})

test('the recovery key comes from the settings, unless another key is named', async () => {
  const env = join(folder, 'env')
  writeFileSync(env, 'HOLDFAST_RECOVERY_KEY_FILE=/safe/recovery.key\nHOLDFAST_DATA=/data\n')
  const from = { HOLDFAST_ENV_FILE: env }
  expect((await run(['some.hfbak'], from)).called?.slice(4)).toEqual([
    '--identity',
    '/safe/recovery.key',
  ])
  const other = await run(['some.hfbak', '--shards', 'a', 'b'], from)
  expect(other.called?.slice(4)).toEqual(['--shards', 'a', 'b'])
})

test.each([
  [[], /usage/],
  [['--force'], /usage/],
  [['none.hfbak'], /there is no none.hfbak/],
])('%j is refused before anything is called', async (args, expected) => {
  const { code, stderr, called } = await run(args)
  expect(code).not.toBe(0)
  expect(stderr).toMatch(expected)
  expect(called).toBeUndefined()
})

test('a refusal of the command is one of the script, with its exit code', async () => {
  writeFileSync(join(folder, 'holdfast'), '#!/bin/sh\nexit 4\n')
  const { code, stderr } = await run(['some.hfbak'])
  expect(code).toBe(4)
  expect(stderr).toContain('the restore failed')
})

test('where the compose project is, its services have to be down, and one of them restores', async () => {
  const compose = join(folder, 'docker-compose.prod.yml')
  writeFileSync(compose, 'services: {}\n')
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const docker = (running: string) =>
    writeFileSync(
      join(bin, 'docker'),
      `#!/bin/sh
shift 3
if [ "$1" = ps ]; then printf '${running}'; exit 0; fi
printf '%s\\n' "$@" >"${folder}/called"
`,
      { mode: 0o755 },
    )
  const env = { HOLDFAST_COMPOSE_FILE: compose, PATH: `${bin}:${process.env['PATH']}` }
  docker('holdfast\\n')
  const refused = await run(['some.hfbak', '--force'], env)
  expect(refused.code).toBe(1)
  expect(refused.stderr).toContain('stop')
  expect(refused.called).toBeUndefined()
  docker('')
  const { code, called } = await run(['some.hfbak', '--force'], env)
  expect(code).toBe(0)
  const file = join(folder, 'some.hfbak')
  expect(called).toEqual([
    ...['run', '--rm', '-v', `${file}:${file}:ro`, 'holdfast'],
    ...['holdfast', 'restore', 'instance', '--from', file, '--force'],
  ])
})
