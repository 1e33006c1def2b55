// A full backup against gzip-compressed SQL of pg_dump, of the same commits in the same run: size, time, memory.
// node --conditions=@holdfast/source --import tsx bench/full-backup.ts [commits]
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openArchive } from '@holdfast/archive'
import { ageSeal, generateAgePair } from '@holdfast/crypto'
import {
  keysetDocument,
  keysetHash,
  makeBundle,
  packKeyset,
  verifyBundle,
} from '@holdfast/full-backup'
import { sql } from '@holdfast/postgres'
import { testPostgres } from '@holdfast/testkit'

const identity = {
  lineageId: '01930000-0000-7000-8000-000000000001',
  generation: 1,
  rootKeyFingerprint: 'ab'.repeat(16),
}
const [first = '200000', archive = '', directory = ''] = process.argv.slice(2)
const commits = Number(first)

/** In a process of its own, so that its memory is its own. */
async function make(): Promise<void> {
  const { recipient } = generateAgePair()
  const contents = Buffer.from(JSON.stringify({ fingerprint: identity.rootKeyFingerprint }))
  const document = keysetDocument({
    rootKeyFingerprint: identity.rootKeyFingerprint,
    destroyed: [],
    files: [{ path: 'root-key.json', contents }],
  })
  const startedAt = performance.now()
  const made = await makeBundle({
    directory,
    archive,
    identity,
    lastSequence: BigInt(commits),
    createdAtUnixMs: Date.now(),
    version: '0.0.0',
    recipients: [recipient],
    keyset: {
      file: await ageSeal([recipient], packKeyset(document)),
      sha256: keysetHash(document),
      destroyedSequence: 0n,
      keys: 1,
    },
    rootKey: new Uint8Array(),
    passphrase: new Uint8Array(),
    async *config() {},
    async *tables() {},
    signal: new AbortController().signal,
    reached: async () => {},
  })
  const madeMs = performance.now() - startedAt
  const madeRss = process.resourceUsage().maxRSS
  const before = performance.now()
  await verifyBundle(createReadStream(made.path, { highWaterMark: 1024 * 1024 }))
  const verifiedMs = performance.now() - before
  console.log(JSON.stringify({ bytes: made.bytes, madeMs, madeRss, verifiedMs }))
}

/** What a commit of ours looks like: ids and sealed fields are noise, the rest is words that come again. */
function commitOf(n: number) {
  const messageId = randomUUID()
  const noise = randomBytes(64)
  const words = `{"type":"PeerUpdated","interface_id":"${createHash('md5')
    .update(`${n % 97}`)
    .digest(
      'hex',
    )}","name":"laptop-${n % 4000}","allowed_ips":["10.7.${n % 256}.${(n >> 8) % 256}/32"],"keepalive_seconds":25,"actor":{"kind":"user","id":"${createHash(
    'md5',
  )
    .update(`${n % 40}`)
    .digest('hex')}"},"time_unix_us":${1_780_000_000_000_000 + n * 1000}}`
  return {
    sequence: BigInt(n),
    subject: `evt.network.interface.${n % 97}`,
    messageId,
    headers: Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${messageId}\r\n\r\n`),
    payload: Buffer.concat([noise, Buffer.from(words)]),
    storedAtUnixNs: BigInt(1_780_000_000_000 + n) * 1_000_000n,
  }
}

async function compare(): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
  const pg = await testPostgres({ services: ['backup'] })
  const postgres = pg.open('backup')
  try {
    const place = join(root, 'archive')
    const kept = await openArchive({ directory: place, identity })
    await postgres.execute(sql`create table backup.commits (
      sequence bigint primary key, subject text not null, message_id uuid not null,
      payload bytea not null, stored_at timestamptz not null)`)
    let plain = 0
    for (let at = 1; at <= commits; at += 1000) {
      const some = Array.from({ length: Math.min(1000, commits - at + 1) }, (_, i) =>
        commitOf(at + i),
      )
      await kept.append(some)
      plain += some.reduce((sum, { payload }) => sum + payload.length, 0)
      await postgres.execute(sql`insert into backup.commits
        select * from unnest(${some.map((c) => c.sequence)}::bigint[], ${some.map((c) => c.subject)}::text[],
          ${some.map((c) => c.messageId)}::uuid[], ${some.map((c) => c.payload)}::bytea[],
          ${some.map((c) => new Date(Number(c.storedAtUnixNs / 1_000_000n)).toISOString())}::timestamptz[])`)
    }
    await kept.close()
    console.log(`${commits} commits, ${mib(plain)} MiB of payload`)

    const dump = join(root, 'dump.sql.gz')
    const url = pg.url('backup').reveal()
    const before = performance.now()
    const run = (command: string) =>
      spawnSync('bash', ['-c', `set -o pipefail; ${command} | gzip > "$2"`, '-', url, dump])
    let program = 'pg_dump | gzip'
    let timed = run('pg_dump --no-password "$1" -n backup')
    let startedAt = before
    if (timed.status !== 0) {
      // A program older than the server refuses it. What it would do with the rows is this very statement.
      program = 'copy | gzip (pg_dump is older than the server)'
      startedAt = performance.now()
      timed = run('psql --no-password -q "$1" -c "copy backup.commits to stdout"')
    }
    if (timed.status !== 0) throw new Error(`${program}: ${timed.stderr}`)
    const dumpMs = performance.now() - startedAt
    const dumpBytes = statSync(dump).size

    const made = mkdtempSync(join(root, 'made-'))
    const answer = execFileSync(
      process.execPath,
      [...process.execArgv, process.argv[1] ?? '', String(commits), place, made],
      { encoding: 'utf8' },
    )
    const { bytes, madeMs, madeRss, verifiedMs } = JSON.parse(answer) as Record<
      'bytes' | 'madeMs' | 'madeRss' | 'verifiedMs',
      number
    > // printed above
    console.log(`${program}  ${mib(dumpBytes)} MiB  ${Math.round(dumpMs)} ms`)
    console.log(
      `full backup     ${mib(bytes)} MiB  ${Math.round(madeMs)} ms  ${Math.round(madeRss / 1024)} MiB resident at most`,
    )
    console.log(`verified        ${Math.round(verifiedMs)} ms`)
    console.log(
      `size ×${(bytes / dumpBytes).toFixed(2)} (goal 0.6)  time ×${(madeMs / dumpMs).toFixed(2)} (goal 0.12)`,
    )
  } finally {
    await pg.close()
    rmSync(root, { recursive: true, force: true })
  }
}

const mib = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1)
await (archive === '' ? compare() : make())
