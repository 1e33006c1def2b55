import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Secret } from '@holdfast/config'
import { type PostgresServer, startPostgres } from '@holdfast/embedded'
import { openPostgres, type Postgres } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'

/** A database of one's own, on a server the whole test process shares. */
export interface TestPostgres {
  /** As the setting HOLDFAST_<SVC>_POSTGRES_URL would be. */
  url(service: string): Secret
  /** A pool as that service; closed with the rest. */
  open(service: string, options?: { readonly max?: number }): Postgres
  /** The server now; another one after `crash`. */
  readonly server: PostgresServer
  /** Kills the server and starts it again on the same data. Only for a server of one's own. */
  crash(): Promise<void>
  /** Closes what was opened. A shared server goes when the process does. */
  close(): Promise<void>
}

let shared: Promise<PostgresServer> | undefined

/** A fresh database with roles and schemas for these services. `isOwn` gives it a server nobody else uses. */
export async function testPostgres(
  options: { readonly services?: readonly string[]; readonly isOwn?: boolean } = {},
): Promise<TestPostgres> {
  const dataDir = options.isOwn ? freshDirectory() : undefined
  let current = await (dataDir ? startPostgres({ dataDir }) : sharedServer())
  const database = `test_${randomBytes(6).toString('hex')}`
  const urls = await current.ensureDatabase({
    services: options.services ?? ['auth', 'network'],
    database,
  })
  const pools: Postgres[] = []
  const url = (service: string): Secret => {
    const found = urls[service]
    if (!found) throw new Error(`no service ${service} in this test database`)
    return found
  }
  return {
    get server() {
      return current
    },
    url,
    open(service, { max = 4 } = {}) {
      const telemetry = createTelemetry(service, { level: 'silent' })
      const pool = openPostgres({ url: url(service), name: service, max, telemetry })
      pools.push(pool)
      return pool
    },
    async crash() {
      if (!dataDir) throw new Error('others use this server')
      process.kill(current.pid, 'SIGKILL')
      await current.exited
      current = await startPostgres({ dataDir })
    },
    async close() {
      await Promise.all(pools.splice(0).map((pool) => pool.close()))
      if (dataDir) await current.stop()
    },
  }
}

function sharedServer(): Promise<PostgresServer> {
  shared ??= startPostgres({ dataDir: freshDirectory() })
  return shared
}

/** Removed when the process ends, after the server in it. */
function freshDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-test-pg-'))
  chmodSync(directory, 0o755) // as root, Postgres runs as somebody else
  cleanUpAfterUs(directory)
  return directory
}

/**
 * Test runners end their workers without ceremony, so the clean-up is a process of its own: it waits for the
 * end of a pipe only we hold open, then ends the server of that directory and removes it.
 */
function cleanUpAfterUs(directory: string): void {
  const script = `
    cat >/dev/null
    pid=$(head -n 1 "$1/postgres/data/postmaster.pid" 2>/dev/null) && kill -s KILL -- "-$pid"
    sleep 0.1
    rm -rf "$1"`
  const janitor = spawn('/bin/sh', ['-c', script, 'janitor', directory], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  janitor.unref()
  if ('unref' in janitor.stdin && typeof janitor.stdin.unref === 'function') janitor.stdin.unref()
}
