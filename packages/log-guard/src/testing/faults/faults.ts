import { open, rm } from 'node:fs/promises'
import { cutTail, damageArchive, damageStore, damages } from './damage.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

/** What a round does to a running world. */
export interface Fault {
  readonly name: string
  readonly group: FaultGroup
  /** Leaves server and engine running. Says what it did. */
  readonly strike: (world: World, random: Random) => Promise<string>
  /** Both copies may have lost something for good: then frozen is right. */
  readonly mayFreeze: boolean
}

export const faultGroups = [
  'log',
  'archive',
  'both',
  'crash',
  'pause',
  'disk',
  'position',
  // Needs root, and therefore has to be asked for.
  'full',
] as const
export type FaultGroup = (typeof faultGroups)[number]

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const logFaults: readonly Fault[] = damages.flatMap((kind) =>
  (['SIGKILL', 'SIGTERM'] as const).map((how) => ({
    name: `${kind} after ${how}`,
    group: 'log' as const,
    mayFreeze: false,
    async strike(world, random) {
      await world.stopNats(how)
      const what = await damageStore(world.storeDirectory, world.spec.stream, kind, random)
      await world.startNats()
      return what
    },
  })),
)

const archiveFaults: readonly Fault[] = damages
  .filter((kind) => kind !== 'delete_index')
  .flatMap((kind) =>
    [false, true].map((isServerKilled) => ({
      name: `${kind}${isServerKilled ? ' and SIGKILL of NATS' : ''}`,
      group: 'archive' as const,
      mayFreeze: false,
      async strike(world, random) {
        await world.engine.kill()
        if (isServerKilled) await world.stopNats('SIGKILL')
        const what = await damageArchive(world.archiveDirectory, kind, random)
        if (isServerKilled) await world.startNats()
        world.startEngine()
        return what
      },
    })),
  )

const bothFaults: readonly Fault[] = damages
  .filter((kind) => kind !== 'delete_index')
  .map((kind) => ({
    name: `${kind} in the log, and something in the archive`,
    group: 'both' as const,
    mayFreeze: true,
    async strike(world, random) {
      await world.engine.kill()
      await world.stopNats(random.pick(['SIGKILL', 'SIGTERM'] as const))
      const other = random.pick(damages.filter((each) => each !== 'delete_index'))
      const what = [
        await damageStore(world.storeDirectory, world.spec.stream, kind, random),
        await damageArchive(world.archiveDirectory, other, random),
      ]
      await world.startNats()
      world.startEngine()
      return what.join('; ')
    },
  }))

const crashFaults: readonly Fault[] = [
  {
    name: 'commits in the log only, then the log loses its tail',
    group: 'crash',
    // The position file may be ahead by the group that was being written.
    mayFreeze: true,
    async strike(world, random) {
      world.engine.signal('SIGSTOP')
      await pause(50 + random.below(200))
      await world.stopNats('SIGKILL')
      const what = await cutTail(world.storeDirectory, world.spec.stream, random)
      await world.engine.kill()
      await world.startNats()
      world.startEngine()
      return what
    },
  },
  {
    name: 'SIGKILL of the engine',
    group: 'crash',
    mayFreeze: false,
    async strike(world) {
      await world.engine.kill()
      world.startEngine()
      return ''
    },
  },
  {
    name: 'SIGKILL of both',
    group: 'crash',
    mayFreeze: false,
    async strike(world) {
      await Promise.all([world.engine.kill(), world.stopNats('SIGKILL')])
      await world.startNats()
      world.startEngine()
      return ''
    },
  },
]

const pauseFaults = (stopMs: number): readonly Fault[] => [
  {
    name: `SIGSTOP of NATS for ${stopMs} ms`,
    group: 'pause',
    mayFreeze: false,
    async strike(world) {
      process.kill(world.natsPid, 'SIGSTOP')
      await pause(stopMs)
      process.kill(world.natsPid, 'SIGCONT')
      return ''
    },
  },
  {
    name: `SIGSTOP of the engine for ${stopMs} ms`,
    group: 'pause',
    mayFreeze: false,
    async strike(world) {
      world.engine.signal('SIGSTOP')
      await pause(stopMs)
      world.engine.signal('SIGCONT')
      return ''
    },
  },
]

const diskFaults: readonly Fault[] = (
  [
    ['syncs of 500 ms', { kind: 'delay', count: 6, ms: 500 }],
    ['a sync that fails', { kind: 'sync_fails', count: 1 }],
    ['syncs that fail', { kind: 'sync_fails', count: 4 }],
    ['writes without room', { kind: 'full', count: 2 }],
  ] as const
).map(([name, fault]) => ({
  name,
  group: 'disk' as const,
  mayFreeze: false,
  async strike(world) {
    world.engine.strike({ type: 'disk', fault })
    // Until it has hit: then writing stops, or takes its time.
    await pause(300)
    return ''
  },
}))

const positionFaults: readonly Fault[] = [
  {
    name: 'position file deleted',
    group: 'position',
    mayFreeze: false,
    async strike(world) {
      await world.engine.kill()
      await rm(world.positionFile)
      world.startEngine()
      return ''
    },
  },
  {
    name: 'position file overwritten',
    group: 'position',
    mayFreeze: false,
    async strike(world) {
      await world.engine.kill()
      const file = await open(world.positionFile, 'r+')
      await file.write(Buffer.alloc(1024, 0x5a), 0, 1024, 0)
      await file.close()
      world.startEngine()
      return ''
    },
  },
]

/** Every fault there is. `stopMs`: how long a stopped process stays so. */
export const allFaults = (stopMs: number): readonly Fault[] => [
  ...logFaults,
  ...archiveFaults,
  ...bothFaults,
  ...crashFaults,
  ...pauseFaults(stopMs),
  ...diskFaults,
  ...positionFaults,
]
