import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { EventLog } from '@holdfast/event-log'
import { migrate, type Postgres } from '@holdfast/postgres'
import { openProjections, type Projections } from '@holdfast/projections'
import { createTelemetry } from '@holdfast/telemetry'
import { type TestNats, type TestPostgres, testNats, testPostgres } from '@holdfast/testkit'
import { backupRows } from '../projections/backups.ts'
import { restoreRows } from '../projections/restores.ts'
import { compensators } from '../restores/compensators.ts'
import { type OpenRestores, openRestores } from '../restores/open-restores.ts'
import type { Restores } from '../restores/restores.ts'
import { rollbackPoint, type TakeRollbackPoint } from '../restores/rollback-point.ts'
import { openWork } from '../work/work.ts'
import { playedSigner } from './played-signer.ts'
import { asPerson, type Player, playedServices, thingsOf } from './played-things.ts'
import { type RestorePause, withRestorePauses } from './restore-pauses.ts'
import {
  type RestoreProcessWish,
  testLeaseMs,
  testPollMs,
  testRetryMs,
} from './restore-process-wish.ts'

// Restores on a real log with its real archive, a real database and a real work thread. Objects are played, and so is who
// signs; what brings objects back is the engine every service has.

const processFile = fileURLToPath(new URL('restore-process.ts', import.meta.url))

export interface RestoreChild {
  readonly child: ChildProcess
  /** Points it has come to, the newest last. */
  readonly reached: readonly string[]
  /** Lets it through until it comes to the point; it stands there then. */
  until(point: string): Promise<void>
  /** It stands at whatever point it comes to next. */
  hold(): void
  /** Lets it through from now on. */
  release(): void
  /** SIGKILL. */
  kill(): Promise<void>
}

export interface RestoreSuiteOptions {
  readonly pause?: RestorePause
  readonly takeRollbackPoint?: (real: TakeRollbackPoint) => TakeRollbackPoint
  readonly refuses?: Parameters<typeof playedServices>[1]
  readonly retryMs?: number
}

export interface RestoreSuite {
  readonly pg: TestPostgres
  readonly nats: TestNats
  readonly log: EventLog
  readonly postgres: Postgres
  readonly projections: Projections
  /** Plans and restores in this process; `start` makes it carry them out. */
  instance(options?: RestoreSuiteOptions): OpenRestores
  /** Puts things in and asks, and carries nothing out. */
  readonly restores: Restores
  asProcess(): Promise<RestoreChild>
  set(player: Player, id: string, name: string, value: number): Promise<bigint>
  remove(player: Player, id: string): Promise<bigint>
  /** `name=value` of all that are there, of these. */
  state(ids: readonly string[]): Promise<readonly string[]>
  caughtUp(): Promise<unknown>
  close(): Promise<void>
}

export async function startRestoreSuite(): Promise<RestoreSuite> {
  const [pg, nats] = await Promise.all([testPostgres({ services: ['backup'] }), testNats()])
  const postgres = pg.open('backup', { max: 12 })
  const log = await nats.open('backup')
  const telemetry = createTelemetry('backup', { level: 'silent' })
  const migrations = fileURLToPath(new URL('../../migrations', import.meta.url))
  await migrate(postgres, migrations, { schema: 'backup' })
  const projections = await openProjections({
    ...{ log, postgres, telemetry },
    service: 'backup',
    projections: [restoreRows, backupRows],
  })
  const work = openWork({ telemetry })
  const archiveDir = nats.archiveDirectory
  const catchUpToHead = async () => await projections.reached(await log.safeHead())
  const proofs = playedSigner(log)
  const started: OpenRestores[] = []
  const children: ChildProcess[] = []

  function instance(options: RestoreSuiteOptions = {}): OpenRestores {
    const real = rollbackPoint({ log, proofs, work, archiveDir, now: Date.now })
    const parts = withRestorePauses(
      {
        log,
        compensators: compensators(playedServices(log, options.refuses)),
        takeRollbackPoint: options.takeRollbackPoint?.(real) ?? real,
      },
      options.pause ?? (async () => {}),
    )
    const opened = openRestores({
      ...parts,
      ...{ postgres, catchUpToHead },
      telemetry: createTelemetry('backup', { level: 'silent' }),
      leaseMs: testLeaseMs,
      pollMs: testPollMs,
      retryMs: options.retryMs ?? testRetryMs,
      now: Date.now,
    })
    started.push(opened)
    return opened
  }

  return {
    ...{ pg, nats, log, postgres, projections, instance },
    restores: instance().restores,
    caughtUp: catchUpToHead,

    asProcess() {
      const wish: RestoreProcessWish = {
        natsUrl: nats.url,
        credentialsFile: nats.identities.credentialsFile('backup'),
        stream: nats.stream,
        postgresUrl: pg.url('backup').reveal(),
        archiveDir,
      }
      const child = spawn(process.execPath, ['--import', 'tsx', processFile], {
        env: { PATH: process.env['PATH'] ?? '', RESTORES: JSON.stringify(wish) },
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      children.push(child)
      const following = follow(child)
      // One that is killed before it is ready is nobody's concern.
      following.catch(() => undefined)
      return following
    },

    async set(player, id, name, value) {
      const command = { type: 'SetThing', name, value } as const
      return (await log.execute(thingsOf(player), id, command, asPerson())).sequence
    },
    async remove(player, id) {
      const command = { type: 'RemoveThing' } as const
      return (await log.execute(thingsOf(player), id, command, asPerson())).sequence
    },

    async state(ids) {
      const found: string[] = []
      for (const player of ['auth', 'network'] as const)
        for (const id of ids) {
          const { state } = await log.fold(thingsOf(player), id)
          if (state.exists) found.push(`${player} ${state.name}=${state.value}`)
        }
      return found
    },

    async close() {
      for (const child of children) child.kill('SIGKILL')
      for (const opened of started) await opened.stop()
      await work.stop()
      await projections.stop()
      await Promise.all([nats.close(), pg.close()])
    },
  }
}

async function follow(child: ChildProcess): Promise<RestoreChild> {
  const reached: string[] = []
  let goal: string | undefined
  let isReleased = false
  let isWaiting = false
  let arrived: () => void = () => undefined
  const pass = (): void => {
    if (!isWaiting) return
    isWaiting = false
    child.stdin?.write('\n')
  }
  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`ended with ${code}`)))
    if (!child.stdout) return reject(new Error('it has an output'))
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'ready') return resolve()
      reached.push(line)
      isWaiting = true
      if (line === goal) arrived()
      else if (isReleased || goal !== undefined) pass()
    })
  })
  await ready
  return {
    child,
    reached,
    async until(point) {
      if (isWaiting && reached.at(-1) === point) return
      const here = new Promise<void>((resolve) => {
        arrived = resolve
      })
      goal = point
      pass()
      await here
    },
    hold() {
      goal = undefined
    },
    release() {
      isReleased = true
      goal = undefined
      pass()
    },
    async kill() {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
    },
  }
}
