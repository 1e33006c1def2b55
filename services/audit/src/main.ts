import { fileURLToPath } from 'node:url'
import { accessRecorder, accessSources, accessStore } from '@holdfast/event-log'
import { accessReader } from '@holdfast/event-log/admin'
import {
  EntryService,
  FlowService,
  HistoryService,
  KeyService,
  ProofService,
} from '@holdfast/proto'
import { natsConnection, run, standingAlarms } from '@holdfast/service'
import { composeAudit } from './compose.ts'
import { composeEntries } from './compose-entries.ts'
import { composeHistory } from './compose-history.ts'
import { composeTree } from './compose-tree.ts'
import { settings } from './config.ts'
import { operationalTables } from './operational-tables.ts'
import { readModels } from './projections/read-models.ts'
import { treeAlarms } from './tree/tree-alarms.ts'

const migrations = fileURLToPath(new URL('../migrations', import.meta.url))
const megabyte = 1024 * 1024
const alarmsEveryMs = 5_000

await run('audit', settings, { migrations, operationalTables }, (app) => {
  const { log, postgres, telemetry } = app
  app.project(...readModels)
  const audit = composeAudit({
    log,
    postgres,
    telemetry,
    projections: () => app.projections,
    flowRetentionMs: app.settings.flowRetentionMs,
    flowMaxBytes: app.settings.flowMaxMegabytes * megabyte,
    now: Date.now,
  })
  const { keysDir, archiveDir, checkpointFile, checkpointWebhook } = app.settings
  const { natsCredentialsFile, natsCaFile } = app.settings
  const hasEffects = app.settings.effects === 'on'
  const tree = composeTree({
    log,
    postgres,
    telemetry,
    keyService: app.connect(KeyService),
    keysDir,
    archiveDir,
    push: {
      file: hasEffects ? checkpointFile : undefined,
      webhook:
        hasEffects && checkpointWebhook
          ? {
              url: checkpointWebhook.reveal(),
              mayBeInner: app.settings.checkpointWebhookPrivate,
            }
          : undefined,
    },
    access: {
      reader: accessReader({
        url: app.settings.natsUrl.join(','),
        name: 'audit',
        ...(natsCredentialsFile === undefined ? {} : { credentialsFile: natsCredentialsFile }),
        ...(natsCaFile === undefined ? {} : { caFile: natsCaFile }),
      }),
      retentionMs: app.settings.retentionMs,
      onEnded: (epoch, because) =>
        app.alarm({
          code: 'audit.access_epoch_ended',
          severity: 'error',
          title: 'A tree of the access records ended, another one begins',
          detail: because,
          key: epoch,
        }),
    },
    now: Date.now,
  })
  const recorder = accessRecorder({
    store: accessStore(natsConnection('audit', app.settings)),
    // It says who read the trail, and their session says where from.
    sources: accessSources(log.lineageId),
    log: telemetry.log,
    registry: telemetry.registry,
    now: Date.now,
  })
  const trail = composeEntries({
    log,
    postgres,
    telemetry,
    keyService: app.connect(KeyService),
    projections: () => app.projections,
    recorder,
    retentionMs: app.settings.retentionMs,
    now: Date.now,
  })
  const { history } = composeHistory({
    log,
    postgres,
    projections: () => app.projections,
    recorder,
  })
  app.readiness('checkpoints', tree.readiness)
  const alarms = standingAlarms(app.alarm)
  const alarming = setInterval(() => alarms.say(treeAlarms(tree.status())), alarmsEveryMs)
  app.onDrain(() => clearInterval(alarming))
  app.onStart(audit.start)
  app.onStart(tree.start)
  app.onStart(trail.start)
  app.onDrain(trail.stop)
  app.onDrain(tree.stop)
  app.onDrain(audit.stop)
  app.serve(FlowService, audit.flows)
  app.serve(ProofService, tree.proofs)
  app.serve(EntryService, trail.entries)
  app.serve(HistoryService, history)
})
