import { execFile, execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testTools } from '../../packages/testkit/src/index.ts'
import { type Cli, signedInCli } from './cli.ts'
import { type Suite, startSuite } from './suite.ts'

// A full backup as operators make it: by the scripts, opened with tools that know nothing of Holdfast.

const root = resolve(import.meta.dirname, '../..')
const tools = await testTools(['age', 'age-keygen'])
if (typeof tools === 'string') console.log(`${tools} (stock age opens a full backup)`)
const age = typeof tools === 'string' ? undefined : tools

let suite: Suite
let cli: Cli
let folder: string
let recipient = ''
const keyFile = () => join(folder, 'recovery.key')

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-bundles-'))
  suite = await startSuite({ env: { HOLDFAST_AUDIT_CHECKPOINT_EVERY: '1s' } })
  cli = await signedInCli(suite)
  await cli.text('org', 'create', '--name', 'Acme')
  if (age) {
    execFileSync(age['age-keygen'].path, ['-o', keyFile()], { stdio: 'ignore' })
    recipient = /age1[a-z0-9]+/.exec(readFileSync(keyFile(), 'utf8'))?.[0] ?? ''
  }
})
afterAll(async () => {
  await suite?.remove()
  rmSync(folder, { recursive: true, force: true })
})

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The script as cron would run it, with the built command behind `holdfast`. */
function run(script: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  writeFileSync(
    join(bin, 'holdfast'),
    `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'dist/cli.mjs')}" "$@"\n`,
  )
  chmodSync(join(bin, 'holdfast'), 0o755)
  const found = age ? dirname(age.age.path) : ''
  const all = {
    PATH: `${bin}:${found}:${process.env['PATH']}`,
    HOLDFAST_ENV_FILE: join(folder, 'no-such-file'),
    HOLDFAST_COMPOSE_FILE: join(folder, 'no-such-file'),
    HOLDFAST_URL: suite.url,
    HOLDFAST_CREDENTIALS: join(suite.data, 'cli-credentials.json'),
    ...env,
  }
  return new Promise((done) => {
    execFile(join(root, 'scripts', script), args, { env: all }, (error, stdout, stderr) => {
      done({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr })
    })
  })
}

const bundlesIn = (directory: string): readonly string[] =>
  existsSync(directory)
    ? readdirSync(directory).filter((name) => /^holdfast-\d{8}T\d{6}Z\.hfbak$/.test(name))
    : []

test('recovery: a recipient is added, proved by stock age, and told', async () => {
  if (!age) return
  const made = await cli.json<{ challenge: string }>(
    'recovery',
    'add',
    recipient,
    '--label',
    'safe',
  )
  const file = join(folder, 'challenge.age')
  writeFileSync(file, made.challenge)
  const answer = execFileSync(age.age.path, ['-d', '-i', keyFile(), file], { encoding: 'utf8' })
  await expect(cli.text('recovery', 'prove', recipient, 'hfp_wrong')).rejects.toThrow(/challenge/)
  await cli.text('recovery', 'prove', recipient, answer.trim())
  const { items } = await cli.json<{ items: { recipient: string; proved_at: string | null }[] }>(
    'recovery',
    'list',
  )
  expect(items.find((one) => one.recipient === recipient)?.proved_at).not.toBeNull()
  expect(await cli.text('recovery', 'sheet')).toContain(recipient)
  await expect(cli.text('recovery', 'add', recipient)).rejects.toThrow(/already/)
  await expect(cli.text('recovery', 'add', 'AGE-SECRET-KEY-1QQQ')).rejects.toThrow(/secret key/)
  await cli.text('recovery', 'review', 'all found')
}, 60_000)

test('backup.sh leaves one checked file that stock tools open', async () => {
  const directory = join(folder, 'first')
  const { code, stdout, stderr } = await run('backup.sh', [directory])
  expect(code, stderr).toBe(0)
  const [name = ''] = bundlesIn(directory)
  expect(stdout.trim()).toBe(join(directory, name))
  expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600)
  expect(readdirSync(directory).sort()).toEqual(['.holdfast-backup.lock', name])

  const out = join(folder, 'opened')
  mkdirSync(out)
  execFileSync('tar', ['-C', out, '-xf', join(directory, name)])
  execFileSync('sha256sum', ['-c', '--strict', '--quiet', 'MANIFEST.sha256'], { cwd: out })
  const listed = execFileSync('tar', ['-tf', join(directory, name)], { encoding: 'utf8' }).split(
    '\n',
  )
  expect(listed[0]).toBe('MANIFEST.sha256')
  expect(listed[1]).toBe('manifest.json')
  const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as {
    last_sequence: string
    missing: { part: string }[]
    tables: { name: string }[]
  }
  expect(BigInt(manifest.last_sequence)).toBeGreaterThan(3n)
  expect(manifest.tables.map((one) => one.name)).toContain('backup.backup_jobs')
  const segments = readdirSync(join(out, 'log'))
  for (const segment of segments) execFileSync('gzip', ['-t', join(out, 'log', segment)])

  const verified = await cli.json<{ is_whole: boolean; unopened: string[] }>(
    'backup',
    'verify',
    join(directory, name),
    '--identity',
    join(suite.data, 'root.key'),
  )
  expect(verified.is_whole).toBe(true)
  if (!age) return
  expect(verified.unopened).toEqual(['keys/root-key.age'])
  const open = (part: string): Buffer =>
    execFileSync(age.age.path, ['-d', '-i', keyFile(), join(out, part)])
  expect(open('keys/root-key.age').toString().trim()).toBe(
    readFileSync(join(suite.data, 'root.key'), 'utf8').trim(),
  )
  const keyset = JSON.parse(gunzipSync(open('keys/keyset.age')).toString()) as {
    files: { path: string }[]
  }
  const kept = keyset.files.map(({ path }) => path)
  expect(kept).toEqual(expect.arrayContaining(['ca.key', 'ca.crt', 'instance.json']))
  expect(kept.some((path) => path.startsWith('nats/'))).toBe(true)
  writeFileSync(join(folder, 'config.tar'), gunzipSync(open('config/config.tar.gz.age')))
  const config = execFileSync('tar', ['-tf', join(folder, 'config.tar')], { encoding: 'utf8' })
  expect(config).toContain('data/environment.env')
  expect(config).toContain('data/identities/gateway/tls.key')
  expect(config).not.toMatch(/root\.key|^data\/keys/m)
  const byOperator = await cli.json<{ unopened: string[] }>(
    'backup',
    'verify',
    join(directory, name),
    '--identity',
    keyFile(),
  )
  expect(byOperator.unopened).toEqual([])

  // One bit of it.
  const bent = join(folder, 'bent.hfbak')
  copyFileSync(join(directory, name), bent)
  const bytes = readFileSync(bent)
  bytes[bytes.length - 3000] = (bytes[bytes.length - 3000] ?? 0) ^ 1
  writeFileSync(bent, bytes)
  await expect(cli.text('backup', 'verify', bent)).rejects.toThrow(/cannot be used/)
}, 120_000)

test('fifteen runs leave fourteen, and a run that fails removes nothing', async () => {
  const directory = join(folder, 'fifteen')
  mkdirSync(directory)
  const strange = ['holdfast-2026.hfbak', 'other.hfbak', 'holdfast-20260410T030001Z.hfbak.age']
  for (const name of strange) writeFileSync(join(directory, name), 'x')
  const made: string[] = []
  while (made.length < 15) {
    const { code, stdout, stderr } = await run('backup.sh', [directory])
    // Two within one second would have one name: the second is refused.
    if (code !== 0 && stderr.includes('is there already')) continue
    expect(code, stderr).toBe(0)
    made.push(stdout.trim().slice(directory.length + 1))
  }
  expect([...bundlesIn(directory)].sort()).toEqual(made.slice(1))
  const failed = await run('backup.sh', [directory], { HOLDFAST_URL: 'http://127.0.0.1:9' })
  expect(failed.code).not.toBe(0)
  expect(bundlesIn(directory)).toHaveLength(14)
  const all = await run('backup.sh', [directory], { HOLDFAST_BACKUP_RETENTION_COUNT: '0' })
  expect(all.code, all.stderr).toBe(0)
  expect(bundlesIn(directory)).toHaveLength(15)
  expect(readdirSync(directory)).toEqual(expect.arrayContaining(strange))
  const hidden = readdirSync(directory).filter((name) => name.startsWith('.'))
  expect(hidden).toEqual(['.holdfast-backup.lock'])
  const wrong = await run('backup.sh', [directory], { HOLDFAST_BACKUP_RETENTION_COUNT: '-1' })
  expect(wrong.stderr).toContain('is no number')
}, 180_000)

test('backup.sh goes through the compose project where it runs', async () => {
  // Stands in for docker until the compose project is there: it runs the same command as `exec` would.
  const bin = join(folder, 'compose-bin')
  mkdirSync(bin)
  writeFileSync(
    join(bin, 'docker'),
    `#!/bin/sh
echo "$@" >> "${folder}/docker.calls"
while [ "$1" != ps ] && [ "$1" != exec ]; do shift; done
if [ "$1" = ps ]; then echo holdfast; exit 0; fi
shift 3
exec "$@"
`,
  )
  chmodSync(join(bin, 'docker'), 0o755)
  const file = join(folder, 'docker-compose.prod.yml')
  writeFileSync(file, 'services: {}\n')
  const directory = join(folder, 'compose')
  const { code, stderr } = await run('backup.sh', [directory], {
    HOLDFAST_COMPOSE_FILE: file,
    PATH: `${bin}:${join(folder, 'bin')}:${process.env['PATH']}`,
  })
  expect(code, stderr).toBe(0)
  expect(stderr).toContain('compose project')
  expect(bundlesIn(directory)).toHaveLength(1)
  expect(readFileSync(join(folder, 'docker.calls'), 'utf8')).toContain('holdfast backup bundle')
}, 60_000)

test('backup-offsite.sh refuses to send in the clear, and sends archive and checksum', async () => {
  const [directory, target] = [join(folder, 'local'), join(folder, 'far')]
  const to = { HOLDFAST_OFFSITE_METHOD: 'copy', HOLDFAST_OFFSITE_TARGET: target }
  for (const [env, expected] of [
    [to, /nothing is uploaded unencrypted/],
    [{ ...to, HOLDFAST_OFFSITE_METHOD: 'ftp' }, /rclone, rsync or copy/],
    [{ HOLDFAST_OFFSITE_METHOD: 'copy' }, /HOLDFAST_OFFSITE_TARGET/],
    [{ ...to, HOLDFAST_OFFSITE_TARGET: '-rf' }, /dash/],
  ] as const) {
    const { code, stderr } = await run('backup-offsite.sh', [directory], env)
    expect(code).not.toBe(0)
    expect(stderr).toMatch(expected)
  }
  // Refused before anything was made.
  expect(bundlesIn(directory)).toEqual([])
  const open = await run('backup-offsite.sh', [directory], {
    ...to,
    HOLDFAST_ALLOW_UNENCRYPTED_OFFSITE: 'true',
  })
  expect(open.code, open.stderr).toBe(0)
  expect(bundlesIn(target)).toHaveLength(1)
  if (!age) return
  const sealed = await run('backup-offsite.sh', [directory], {
    ...to,
    HOLDFAST_OFFSITE_AGE_RECIPIENT: recipient,
  })
  expect(sealed.code, sealed.stderr).toBe(0)
  const name = readdirSync(target).find((one) => one.endsWith('.hfbak.age')) ?? ''
  execFileSync('sha256sum', ['-c', '--quiet', `${name}.sha256`], { cwd: target })
  const verified = await cli.json<{ is_encrypted: boolean }>(
    'backup',
    'verify',
    join(target, name),
    '--identity',
    keyFile(),
  )
  expect(verified.is_encrypted).toBe(true)
  expect(readdirSync(target).filter((one) => one.startsWith('.'))).toEqual([])
}, 120_000)

test('units and timers are what systemd takes', () => {
  const units = join(root, 'deploy/systemd')
  let said = ''
  try {
    execFileSync('systemd-analyze', ['--version'])
  } catch {
    console.log('skipped: systemd-analyze verify (not installed)')
    return
  }
  try {
    execFileSync(
      'systemd-analyze',
      ['verify', ...readdirSync(units).map((name) => join(units, name))],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
  } catch (error) {
    said = String((error as { stderr?: unknown }).stderr)
  }
  // The scripts are installed elsewhere than here; nothing else may be said.
  const complaints = said
    .split('\n')
    .filter((line) => line !== '' && !/opt\/holdfast\/scripts/.test(line))
  expect(complaints).toEqual([])
})
