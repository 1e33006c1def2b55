import { allFaults, type Fault, type FaultGroup } from './faults.ts'
import { type ArrangedFault, fullDiskFaults } from './full-disk.ts'
import { firstLost } from './oracle.ts'
import { type Random, seeded } from './random.ts'
import { World } from './world.ts'

export interface CampaignOptions {
  readonly rounds: number
  readonly seed: number
  /** Default: all. */
  readonly only?: readonly FaultGroup[]
  /** How long a stopped process stays stopped. */
  readonly stopMs: number
  readonly writers?: number
  /** A fresh log after so many rounds: logs must not grow for ever. Default 20. */
  readonly roundsPerLog?: number
  readonly onRound?: (round: Round) => void
}

export interface Round {
  readonly number: number
  readonly fault: Fault
  readonly what: string
  readonly outcome: 'open' | 'frozen' | 'failed'
  /** What the engine did about it, oldest first. */
  readonly incidents: readonly string[]
  readonly acknowledged: number
  readonly tookMs: number
  /** Empty when all is well. */
  readonly violations: readonly string[]
}

/** Generous: it bounds hanging and measures nothing. */
const openWithinMs = 120_000

/** Rounds of faults against a log under load; after each everything anybody was ever told is checked. */
export async function campaign(options: CampaignOptions): Promise<readonly Round[]> {
  const { rounds, seed, only, stopMs, roundsPerLog = 20, writers = 8 } = options
  const random = seeded(seed)
  const faults: readonly Fault[] = only
    ? [...allFaults(stopMs), ...fullDiskFaults].filter(({ group }) => only.includes(group))
    : allFaults(stopMs)
  // Each fault gets its turn before any comes again.
  let deck: Fault[] = []
  const done: Round[] = []
  let world: World | undefined
  let age = 0
  try {
    for (let number = 1; number <= rounds; number++) {
      if (deck.length === 0) deck = shuffled(faults, random)
      const fault = deck.pop()
      if (!fault) break
      const arranged = fullDiskFaults.find((each) => each === fault)
      if (arranged) {
        const round = await playArranged(arranged, number, random, writers)
        done.push(round)
        options.onRound?.(round)
        continue
      }
      world ??= await World.create({ durability: 'log+archive' })
      const round = await play(world, number, fault, random, writers)
      done.push(round)
      options.onRound?.(round)
      age++
      if (round.outcome !== 'open' || round.violations.length > 0 || age >= roundsPerLog) {
        await world.close(round.violations.length > 0)
        world = undefined
        age = 0
      }
    }
  } finally {
    await world?.close()
  }
  return done
}

/** A round in a world of its own. */
async function playArranged(
  fault: ArrangedFault,
  number: number,
  random: Random,
  writers: number,
): Promise<Round> {
  const { options, strike, remove } = await fault.arrange()
  try {
    const world = await World.create({ durability: 'log+archive', ...options })
    try {
      return await play(world, number, { ...fault, strike }, random, writers)
    } finally {
      await world.close()
    }
  } finally {
    await remove()
  }
}

async function play(
  world: World,
  number: number,
  fault: Fault,
  random: Random,
  writers: number,
): Promise<Round> {
  const startedAt = Date.now()
  const writing = world.write(writers)
  const known = world.engine.state?.incidents.length ?? 0
  const engineBefore = world.engine
  const { unstartable } = world
  let what = ''
  let outcome: Round['outcome'] = 'failed'
  try {
    await world.acknowledged(5 + random.below(40), openWithinMs)
    what = await fault.strike(world, random)
    const { serverId, engine } = world
    const state = await engine.until(
      ({ writes, serverId: approved, firstBad }) =>
        (writes === 'open' && approved === serverId) || (writes === 'frozen' && firstBad !== '0'),
      openWithinMs,
    )
    outcome = state.writes === 'open' ? 'open' : 'frozen'
    if (outcome === 'open') await world.acknowledged(writers, openWithinMs)
    await writing.stop()
    if (outcome === 'open') await checkOpen(world)
    else await checkFrozen(world, fault, BigInt(state.firstBad))
  } catch (error) {
    await writing.stop()
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    world.history.violations.push(reason)
  }
  const all = world.engine.state?.incidents ?? []
  const fresh = world.engine === engineBefore ? all.slice(0, all.length - known) : all
  return {
    number,
    fault,
    what: world.unstartable > unstartable ? `${what}; NATS could not start on it` : what,
    outcome,
    incidents: [...fresh].reverse(),
    acknowledged: world.history.acknowledgedCount,
    tookMs: Date.now() - startedAt,
    violations: world.history.violations.splice(0),
  }
}

async function checkOpen(world: World): Promise<void> {
  world.history.check(await world.wholeLog(openWithinMs))
  const { isEqual, detail } = await world.engine.verify()
  if (!isEqual) world.history.violations.push(`log and archive: ${detail}`)
}

async function checkFrozen(world: World, fault: Fault, firstBad: bigint): Promise<void> {
  const { violations } = world.history
  if (!fault.mayFreeze) violations.push(`frozen at ${firstBad}: ${world.engine.state?.reason}`)
  const lost = await firstLost(world)
  if (lost !== firstBad) violations.push(`frozen at ${firstBad}, and the first lost is ${lost}`)
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const left = [...list]
  const result: T[] = []
  while (left.length > 0) result.push(...left.splice(random.below(left.length), 1))
  return result
}
