// A full backup of the running product, from the request to the object in its place, against what a dump of its
// Postgres is: every table by COPY, through gzip (pg_dump itself refuses a newer server). The log is in the one, read
// models and operational tables are in the other: what either needs to give everything back.
//
//   npx tsx bench/full-backup-suite.ts [seconds of load]      (default 60; as root, after `npm run build`; needs psql)
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { enrollSilentNode } from '../test/system/enroll.ts'
import { startSuite } from '../test/system/suite.ts'
import { until } from '../test/system/until.ts'
import { load } from './run-load.ts'

const seconds = Number(process.argv[2] ?? 60)
const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MiB`

interface Backup {
  readonly status: string
  readonly size_bytes: string
}

const suite = await startSuite({
  env: { HOLDFAST_HTTP_RATE_LIMIT: '0', HOLDFAST_LOG_LEVEL: 'warn' },
})
const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-'))
try {
  const api = await suite.admin()
  const node = await enrollSilentNode(api, 'bench')
  const paths: string[] = []
  for (let n = 0; n < 16; n += 1) {
    const made = await api.post<{ id: string }>('/interfaces', {
      name: `b${n}`,
      node_id: node,
      addresses: [`10.${n}.0.1/16`],
      listen_port: 52_000 + n,
    })
    paths.push(`/api/v1/interfaces/${made.id}/peers`)
  }
  const { perSecond } = await load({
    ...{ url: suite.url, token: api.token, connections: 16, seconds, paths, prefix: 'p' },
  })
  console.log(`${Math.round(perSecond * seconds)} peers were added`)

  for (let round = 1; round <= 3; round += 1) {
    const startedAt = performance.now()
    const {
      backup: { id },
    } = await api.post<{ backup: { id: string } }>('/backups', {
      name: `bench-${round}`,
      backup_type: 'full',
    })
    let backup: Backup = { status: '', size_bytes: '0' }
    await until('the backup is made', async () => {
      backup = await api.get<Backup>(`/backups/${id}`)
      if (backup.status === 'failed') throw new Error('the backup failed')
      return backup.status === 'completed'
    })
    const madeMs = performance.now() - startedAt

    const home = realpathSync(join(suite.data, 'postgres'))
    const pid = readFileSync(join(home, 'data', 'postmaster.pid'), 'utf8').split('\n')
    const environment = {
      ...process.env,
      PGHOST: pid[4] ?? '',
      PGPORT: pid[3] ?? '',
      PGUSER: 'holdfast_admin',
      PGDATABASE: 'holdfast',
      PGPASSWORD: readFileSync(join(home, 'admin.password'), 'utf8').trim(),
    }
    const list = spawnSync(
      'psql',
      [
        '-XAtq',
        '-c',
        `select format('%I.%I', schemaname, tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
      ],
      { env: environment, encoding: 'utf8' },
    )
    if (list.status !== 0) throw new Error(list.stderr)
    const tables = list.stdout.trim().split('\n')
    const dump = join(directory, `dump-${round}.gz`)
    const before = performance.now()
    const copied = spawnSync('bash', ['-c', `set -o pipefail; psql -Xq -f - | gzip > '${dump}'`], {
      env: environment,
      input: tables.map((table) => `copy ${table} to stdout;`).join('\n'),
    })
    if (copied.status !== 0) throw new Error(copied.stderr.toString())
    const dumpMs = performance.now() - before
    const [made, dumped] = [Number(backup.size_bytes), statSync(dump).size]
    console.log(
      `full backup ${mib(made)} in ${Math.round(madeMs)} ms; ${tables.length} tables of Postgres ${mib(dumped)} in ${Math.round(dumpMs)} ms; size ×${(made / dumped).toFixed(2)} (goal 0.6), time ×${(madeMs / dumpMs).toFixed(2)} (goal 0.12)`,
    )
  }
} finally {
  await suite.remove()
  rmSync(directory, { recursive: true, force: true })
}
