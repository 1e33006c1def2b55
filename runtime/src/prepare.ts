/**
 * Gets what tests need from the system into a cache: nats-server, the WireGuard tools, ping and curl. Prints one
 * JSON object: `{ "natsServer"?: path, "path": PATH for tests, "missing": [sentences] }`. Run by scripts/test.mjs.
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findNats } from '@holdfast/embedded'
import { pathWith, searchPath } from './programs.ts'

const cache = resolve(process.argv[2] ?? '.')
mkdirSync(cache, { recursive: true, mode: 0o700 })
const missing: string[] = []
const say = (text: string) => process.stderr.write(`${text}\n`)
const note = (error: unknown) => {
  missing.push(error instanceof Error ? error.message : String(error))
  return undefined
}

const [nats, path] = await Promise.all([
  findNats({ dataDir: cache, env: process.env, report: say }).catch(note),
  pathWith(
    ['ip', 'wg', 'wg-quick', 'wireguard-go', 'ping', 'curl'],
    join(cache, 'test-packages'),
    process.env,
    (names) => say(`fetching ${names.join(', ')}…`),
    new AbortController().signal,
  ).catch(note),
])
process.stdout.write(
  `${JSON.stringify({ natsServer: nats?.path, path: path ?? searchPath(process.env), missing })}\n`,
)
process.exit(0)
