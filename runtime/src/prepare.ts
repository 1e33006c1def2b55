/**
 * Gets what tests need from the system into a cache: nats-server, the WireGuard tools, nft, libbpf, ping and curl.
 * Prints one JSON object: `{ "natsServer"?: path, "path": PATH for tests, "libbpf"?: path where the system has none,
 * "missing": [sentences] }`. Run by scripts/test.mjs.
 */
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { findNats } from '@holdfast/embedded'
import { findTools, searchPath } from './programs.ts'

const cache = resolve(process.argv[2] ?? '.')
mkdirSync(cache, { recursive: true, mode: 0o700 })
const missing: string[] = []
const say = (text: string) => process.stderr.write(`${text}\n`)
const note = (error: unknown) => {
  missing.push(error instanceof Error ? error.message : String(error))
  return undefined
}

const [nats, tools] = await Promise.all([
  findNats({ dataDir: cache, env: process.env, report: say }).catch(note),
  findTools(
    {
      required: ['ip', 'tc', 'wg', 'wg-quick', 'wireguard-go', 'ping', 'curl'],
      optional: ['nft'],
    },
    join(cache, 'test-packages'),
    process.env,
    (names) => say(`fetching ${names.join(', ')}…`),
    new AbortController().signal,
  ).catch(note),
])
if (tools?.without) missing.push(tools.without)
const found = {
  natsServer: nats?.path,
  path: tools?.path ?? searchPath(process.env),
  libbpf: tools?.libbpf,
  missing,
}
process.stdout.write(`${JSON.stringify(found)}\n`)
process.exit(0)
