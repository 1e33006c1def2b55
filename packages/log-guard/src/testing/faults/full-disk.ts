import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm, rmdir, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { promisify } from 'node:util'
import { newCommand, tally } from '../tally.ts'
import type { Fault } from './faults.ts'
import type { World, WorldOptions } from './world.ts'

const run = promisify(execFile)
const mebibyte = 1024 ** 2
const noticedWithinMs = 60_000

/** A small file system of its own. Needs root. */
interface Volume {
  readonly directory: string
  /** Leaves so many bytes free. */
  fill(leave: number): Promise<void>
  /** Takes away what filled it. */
  empty(): Promise<void>
  remove(): Promise<void>
}

async function smallVolume(bytes: number): Promise<Volume> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-volume-'))
  await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', directory])
  const filler = join(directory, 'filler')
  return {
    directory,
    async fill(leave) {
      const { bavail, bsize } = await statfs(directory)
      const file = createWriteStream(filler)
      const block = Buffer.alloc(64 * 1024)
      for (let left = bavail * bsize - leave; left > 0; left -= block.length)
        file.write(block.subarray(0, Math.min(left, block.length)))
      file.end()
      // Others write meanwhile: when there is no room for the last block it is full, as wanted.
      await finished(file).catch(() => undefined)
    },
    empty: () => rm(filler, { force: true }),
    async remove() {
      await run('umount', ['-l', directory])
      await rmdir(directory)
    },
  }
}

export interface Arrangement {
  readonly options: Partial<WorldOptions>
  readonly strike: Fault['strike']
  remove(): Promise<void>
}

/** A fault that needs a world of its own. */
export interface ArrangedFault extends Fault {
  arrange(): Promise<Arrangement>
}

async function refusal(world: World): Promise<string> {
  try {
    const work = () =>
      world.log.execute(tally, '01890a5d-ac96-774b-bcce-b302099a8057', { by: 1 }, newCommand())
    await world.log.durable(work)
    return 'stored'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error)
  }
}

const fullFault = (name: string, which: 'log' | 'archive', hasReserve: boolean): ArrangedFault => ({
  name,
  group: 'full',
  mayFreeze: false,
  strike: () => Promise.reject(new Error('it has to be arranged')),
  async arrange() {
    const volume = await smallVolume(48 * mebibyte)
    const { directory } = volume
    return {
      options: {
        ...(which === 'log' ? { storeDirectory: directory } : { archiveDirectory: directory }),
        volumes: hasReserve ? [{ name: which, directory }] : [],
        reserveBytes: hasReserve ? 8 * mebibyte : 0,
      },
      async strike(world) {
        await volume.fill(hasReserve ? 4 * mebibyte : 0)
        const isNoticed = hasReserve || which === 'archive'
        if (isNoticed) {
          await world.engine.until(({ writes }) => writes === 'exhausted', noticedWithinMs)
          const code = await refusal(world)
          if (code !== 'log.exhausted') world.history.violations.push(`refused with ${code}`)
          world.history.check(await world.wholeLog(noticedWithinMs))
        } else await new Promise((resolve) => setTimeout(resolve, 3_000))
        await volume.empty()
        // A server that could not write stands still until it is started again; the supervisor does that.
        if (!isNoticed) {
          await world.stopNats('SIGTERM')
          await world.startNats()
        }
        return isNoticed ? 'refused with log.exhausted, readable' : 'started NATS again'
      },
      remove: () => volume.remove(),
    }
  },
})

/** Volumes without room. */
export const fullDiskFaults: readonly ArrangedFault[] = [
  fullFault('log volume below its reserve', 'log', true),
  fullFault('archive volume below its reserve', 'archive', true),
  fullFault('log volume full', 'log', false),
  fullFault('archive volume full', 'archive', false),
]
