// The engine in a process of its own, so that it can be stopped and killed like the real one.

import { readFileSync } from 'node:fs'
import { connectAdmin, ingestFrom } from '@holdfast/event-log/admin'
import { createTelemetry } from '@holdfast/telemetry'
import { keepLog } from '../../keeper.ts'
import type { LogKeeperState } from '../../state.ts'
import type { EngineSettings, FromEngine, ToEngine } from './engine-messages.ts'
import { failingDisk } from './failing-disk.ts'

const settings = JSON.parse(process.argv[2] ?? '') as EngineSettings // by engine.ts
const tell = (message: FromEngine): void => {
  process.send?.(message)
}
const printed = (state: LogKeeperState): FromEngine => ({
  type: 'state',
  state: {
    writes: state.writes,
    reason: state.reason,
    firstBad: state.firstBadSequence.toString(),
    serverId: state.serverId,
    archived: state.archivedSequence.toString(),
    incidents: state.incidents.map(({ kind }) => kind),
  },
})

const admin = await connectAdmin({
  url: settings.url,
  name: 'log-guard',
  credentialsFile: settings.credentialsFile,
  timeoutMs: 60_000,
})
const stopping = new AbortController()
const disk = failingDisk(settings.sealAtBytes)
const { stream, lineageId, maxBytes } = settings
const keeper = keepLog(
  {
    admin,
    spec: {
      stream,
      lineageId,
      generation: 1,
      maxBytes,
      ingest: ingestFrom(readFileSync(settings.ingestSeedFile, 'utf8').trim()),
    },
    archiveDirectory: settings.archiveDirectory,
    positionFile: settings.positionFile,
    rootKeys: { present: 'test', former: [] },
    durability: settings.durability,
    volumes: settings.volumes,
    ...(settings.reserveBytes === undefined ? {} : { reserveBytes: settings.reserveBytes }),
    log: createTelemetry('log-guard', { level: process.env['FAULTS_LOG'] ?? 'silent' }).log,
    signal: stopping.signal,
    disk,
  },
  (state) => tell(printed(state)),
)
process.on('message', (message: ToEngine) => {
  if (message.type === 'disk') disk.strike(message.fault)
  else {
    const { id } = message
    keeper.verify().then(
      ({ isEqual, detail }) => tell({ type: 'verified', id, isEqual, detail }),
      (error: unknown) => tell({ type: 'verified', id, isEqual: false, detail: String(error) }),
    )
  }
})
// Whoever started it is gone.
process.on('disconnect', () => process.exit())
