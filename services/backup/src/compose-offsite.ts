import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isUuid } from '@holdfast/domain'
import { KeysetService, ProofService } from '@holdfast/proto'
import { createDurably, makeDirectory, Polling, standingAlarms } from '@holdfast/service'
import { version } from '@holdfast/telemetry'
import type { BackupApp } from './app.ts'
import { offsiteHandlers } from './grpc/offsite-handlers.ts'
import type { Guard } from './guard/start-guard.ts'
import { neededRecipients } from './offsite/needed-recipients.ts'
import type { Offsite, OffsiteSources } from './offsite/offsite.ts'
import { offsiteAlarms } from './offsite/offsite-alarms.ts'
import { Pusher } from './offsite/pusher.ts'
import { recipientSets } from './offsite/store.ts'
import { usualPace } from './offsite/tools.ts'
import { rollbackPoints } from './queries/rollback-points.ts'
import type { Locations } from './storage/locations.ts'

const alarmsEveryMs = 5_000
/** How soon a rotation of the root key is noticed. */
const rootKeyEveryMs = 10_000
const callMs = 15_000

/** The copy of everything at locations that are marked continuous. */
export function composeOffsite(app: BackupApp, guard: Guard, locations: Locations): Offsite {
  const { log, postgres, settings, telemetry, work } = app
  const keysets = app.connect(KeysetService)
  const proofs = app.connect(ProofService)
  const { lineageId, generation } = log
  const pusher = new Pusher({
    ...{ postgres, work, locations, lineageId, generation },
    surroundings: {
      egressAllow: settings.egressAllow ?? [],
      localBase: settings.localDir,
      localRoots: settings.localRoots ?? [],
      keysDir: settings.storageKeysDir,
    },
    archiveDir: settings.archiveDir,
    rootKeys: app.rootKeys,
    release: version,
    writerId: () => writerIn(settings.guardDir),
    archived: () => guard.state()?.archivedSequence,
    derivedRecipient: async () => {
      if (app.rootKeys.recipient !== undefined) return app.rootKeys.recipient
      const told = await keysets.getRecoveryRecipient({}, { timeoutMs: callMs })
      await app.rootKeys.learn(told)
      return told.recipient
    },
    sign: async (sha256) => (await proofs.signManifest({ sha256 }, { timeoutMs: callMs })).note,
    pinned: () => rollbackPoints(postgres),
    pace: {
      ...usualPace,
      pushMs: Math.min(30_000, Math.max(1_000, settings.offsiteEveryMs)),
      manifestMs: settings.offsiteManifestMs,
      verifyMs: settings.offsiteVerifyMs,
    },
    now: Date.now,
    logger: telemetry.log,
    registry: telemetry.registry,
  })
  const watch = new Polling({
    everyMs: rootKeyEveryMs,
    async turn() {
      const told = await keysets.getRecoveryRecipient({}, { timeoutMs: callMs })
      // What was sealed before stays as it is: the new keyset has the former root key in it.
      if (await app.rootKeys.learn(told)) pusher.wake()
      return false
    },
    failed: (error) => telemetry.log.debug({ err: error }, 'auth does not tell its root key now'),
  })
  app.onStart(() => watch.start())
  app.onDrain(() => watch.stop())
  let sources: OffsiteSources | undefined
  let isStarted = false
  const begin = (): void => {
    if (isStarted && sources) pusher.from(sources)
  }
  app.onEffect(() => {
    isStarted = true
    begin()
  })
  app.onDrain(() => pusher.stop())
  const alarms = standingAlarms(app.alarm)
  const timer = setInterval(
    () => alarms.say(offsiteAlarms(pusher.states(), Date.now())),
    alarmsEveryMs,
  )
  app.onDrain(() => clearInterval(timer))
  return {
    handlers: offsiteHandlers({
      states: () => pusher.states(),
      destination: (id) => pusher.destination(id),
      find: (nameOrId) => locations.find(nameOrId, ''),
      lastSequence: () => guard.state()?.archivedSequence ?? 0n,
    }),
    from(given) {
      sources = given
      begin()
    },
    neededRecipients: async () =>
      neededRecipients(await recipientSets(postgres), (await sources?.recipients()) ?? []),
  }
}

/** Made at the first start, beside the position of the guard: a copy of the archive alone does not bring it along. */
async function writerIn(directory: string): Promise<string> {
  const path = join(directory, 'offsite-writer')
  await makeDirectory(directory)
  await createDurably(path, `${randomUUID()}\n`)
  const id = (await readFile(path, 'utf8')).trim()
  if (!isUuid(id)) throw new Error(`${path} is not what was written there`)
  return id
}
