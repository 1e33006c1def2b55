import { fileURLToPath } from 'node:url'
import { defineConfig, text } from '@holdfast/config'
import type { Decider } from '@holdfast/domain'
import type { Aggregate, EventCodec } from '@holdfast/event-log'
import { sql } from '@holdfast/postgres'
import { defineProjection } from '@holdfast/projections'
import { NodeService } from '@holdfast/proto'
import { commonSettings, parseKeySet, run } from './index.ts'

// The smallest whole service, as a process of its own: names are enrolled into the log and read back from a
// read model. `slow` takes a while, `bug` ends the process.

type Enrolled = { readonly type: 'Enrolled'; readonly name: string }
const codec: EventCodec<Enrolled> = {
  encode: ({ type, name }) => ({ type, schema: 1, data: Buffer.from(name) }),
  decode: ({ data }) => ({ type: 'Enrolled', name: Buffer.from(data).toString() }),
}
const decider: Decider<string, Enrolled, null> = {
  initial: () => null,
  decide: (name) => [{ type: 'Enrolled', name }],
  evolve: () => null,
}
const aggregate: Aggregate<string, Enrolled, null> = {
  context: 'network',
  type: 'node',
  decider,
  codec,
}
const names = defineProjection<Enrolled>({
  name: 'network.names',
  version: 1,
  context: 'network',
  codecs: { node: codec },
  tables: [{ name: 'names', columns: { id: 'uuid', name: 'text' }, key: ['id'] }],
  on: {
    Enrolled: ({ name }, { aggregateId }) => [
      { op: 'put', table: 'names', row: { id: aggregateId, name } },
    ],
  },
})

const settings = defineConfig({
  ...commonSettings('network'),
  jwks: text('TEST_JWKS', { doc: 'Keys of the test.' }),
})

await run(
  'network',
  settings,
  {
    migrations: fileURLToPath(new URL('fixture-migrations', import.meta.url)),
    operationalTables: { kept: ['fixture'], left: {} },
  },
  (app) => {
    const keys = parseKeySet(app.settings.jwks)
    app.verifyWith({ key: (id) => keys.get(id) })
    app.project(names)
    app.onStart(() => app.telemetry.log.info('work started'))
    app.onEffect(() => app.telemetry.log.info('told somebody'))
    app.onDrain(() => app.telemetry.log.info('work drained'))
    app.serve(NodeService, {
      async enrollNode({ hostname }, call) {
        const outcome = await app.log.execute(aggregate, call.commandId, hostname, call.command())
        call.committed(outcome.sequence)
        return { nodeName: hostname }
      },
      async getNode({ node }) {
        if (node === 'slow') {
          app.telemetry.log.info('taking a while')
          await new Promise((resolve) => setTimeout(resolve, 500))
        }
        if (node === 'bug') setImmediate(() => void Promise.reject(new Error('nobody caught this')))
        const [row] = await app.postgres.query<{ name: string }>(
          sql`select name from names where name = ${node}`,
        )
        return { node: { name: row?.name ?? 'nobody' } }
      },
      listNodes: () => ({}),
      updateNode: () => ({}),
      deleteNode: () => ({}),
    })
  },
)
