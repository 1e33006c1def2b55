import { execFile, execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'

// backup.sh beside a command that stands in for `holdfast`; test/system/full-backup.test.ts has the real one.

let folder: string
let directory: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-scripts-'))
  directory = join(folder, 'backups')
  mkdirSync(directory)
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(
    join(folder, 'holdfast'),
    `#!/bin/sh
set -e
cd "$3"
echo content >part
sha256sum part >MANIFEST.sha256
tar -cf "holdfast-\${STAMP:-20260101T000000Z}.hfbak" MANIFEST.sha256 part
rm part MANIFEST.sha256
`,
    { mode: 0o755 },
  )
})

const script = resolve(import.meta.dirname, '../../scripts/backup.sh')
function run(env: NodeJS.ProcessEnv = {}): Promise<{ code: number; stderr: string }> {
  const all = {
    PATH: process.env['PATH'],
    HOLDFAST_CLI: join(folder, 'holdfast'),
    HOLDFAST_ENV_FILE: join(folder, 'none'),
    HOLDFAST_COMPOSE_FILE: join(folder, 'none'),
    ...env,
  }
  return new Promise((done) => {
    execFile(script, [directory], { env: all }, (error, _out, stderr) =>
      done({ code: error ? Number(error.code ?? 1) : 0, stderr }),
    )
  })
}
const bundles = () =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.hfbak'))
    .sort()

test('the backup just made stays, also when the clock was ahead of it', async () => {
  for (const year of [2031, 2032, 2033])
    writeFileSync(join(directory, `holdfast-${year}0101T000000Z.hfbak`), 'x')
  const { code, stderr } = await run({ HOLDFAST_BACKUP_RETENTION_COUNT: '2' })
  expect(code, stderr).toBe(0)
  expect(bundles()).toEqual(['holdfast-20260101T000000Z.hfbak', 'holdfast-20330101T000000Z.hfbak'])
  await run({ HOLDFAST_BACKUP_RETENTION_COUNT: '1', STAMP: '20260101T000001Z' })
  expect(bundles()).toEqual(['holdfast-20260101T000001Z.hfbak'])
})

test('one at a time; what a killed one left behind holds nobody up, and goes', async () => {
  const lock = join(directory, '.holdfast-backup.lock')
  const held = `exec 9>"${lock}"; flock 9; "${script}" "${directory}"`
  const env = { PATH: process.env['PATH'], HOLDFAST_ENV_FILE: '/none', HOLDFAST_CLI: '/bin/false' }
  expect(() => execFileSync('sh', ['-c', held], { env, stdio: 'pipe' })).toThrow(/under way/)
  mkdirSync(join(directory, '.holdfast-backup.a1B2c3'))
  const { code, stderr } = await run()
  expect(code, stderr).toBe(0)
  expect(readdirSync(directory).sort()).toEqual([
    '.holdfast-backup.lock',
    'holdfast-20260101T000000Z.hfbak',
  ])
})
