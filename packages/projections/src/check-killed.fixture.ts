import { openPostgres } from '@holdfast/postgres'
import { createTelemetry } from '@holdfast/telemetry'
import { checkReadModel } from './check-read-model.ts'
import { appendItem, items } from './items.fixture.ts'
import { MemoryLog } from './memory-log.fixture.ts'

// Checks a read model until it is killed: half way, with tables already filled, the log has no more to say.

const url = process.env['POSTGRES_URL'] ?? ''
const commits = Number(process.env['COMMITS'])
const postgres = openPostgres({
  url: { reveal: () => url },
  name: 'network',
  telemetry: createTelemetry('network', { level: 'silent' }),
})
const log = new MemoryLog()
log.batch = 50
for (let n = 0; n < commits / 2; n++) appendItem(log)
// Something to stay alive for.
setInterval(() => undefined, 60_000)
await checkReadModel(
  { log, postgres, service: 'network', limits: { rows: 20, versions: 10 } },
  items,
  new AbortController().signal,
  ({ sequence }) => process.stdout.write(`${sequence}\n`),
)
