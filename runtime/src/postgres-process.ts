import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startPostgres } from '@holdfast/embedded'
import { serviceNames } from './environment.ts'
import type { ProcessSpec } from './supervised-process.ts'
import { writeWhole } from './write-whole.ts'

/** Where a service finds the address of its database, with a password of this start. */
export const postgresUrlFile = (identities: string, service: string): string =>
  join(identities, service, 'postgres.url')

/** Postgres, ready when it answers and the services' databases, roles and addresses are there. */
export function postgresProcess(dataDir: string, identities: string): ProcessSpec {
  let hasAddresses = false
  return {
    name: 'postgres',
    // Its fast shutdown.
    endSignal: 'SIGINT',
    async launch({ onLine, onPid, signal }) {
      const server = await startPostgres({ dataDir, onLine })
      onPid(server.pid)
      try {
        // Once a run: services keep the passwords they were given, and a crash of Postgres keeps them too.
        if (!hasAddresses) {
          const urls = await server.ensureDatabase({ services: serviceNames })
          for (const [service, url] of Object.entries(urls)) {
            mkdirSync(join(identities, service), { recursive: true, mode: 0o700 })
            writeWhole(postgresUrlFile(identities, service), url.reveal())
          }
          hasAddresses = true
        }
        signal.throwIfAborted()
      } catch (error) {
        await server.stop()
        throw error
      }
      return {
        pid: server.pid,
        exited: server.exited.then(({ code, signal: killer }) => killer ?? `code ${code}`),
        stop: () => server.stop(),
      }
    },
  }
}
