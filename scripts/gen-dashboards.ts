// deploy/observability/grafana/dashboards/*.json. Run by scripts/gen.mjs; test/contract/observability.test.ts fails when
// what is committed is not what this makes.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { holdfast, network } from './dashboards/index.ts'

const folder = join(
  resolve(dirname(fileURLToPath(import.meta.url)), '..'),
  'deploy/observability/grafana/dashboards',
)
mkdirSync(folder, { recursive: true })
for (const [name, dashboard] of Object.entries({ holdfast, 'holdfast-network': network })) {
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(dashboard, undefined, 2)}\n`)
}
