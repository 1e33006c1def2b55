import type { Archive } from '@holdfast/archive'
import {
  type AdminConnection,
  type ConfigDrift,
  expectedConfig,
  findDrift,
  type LogSpec,
} from '@holdfast/event-log/admin'
import type { Logger } from '@holdfast/telemetry'
import { type CompareOptions, type Comparison, compare } from './compare.ts'
import { ComparisonFailed, RepairStale } from './errors.ts'
import { type HealContext, heal } from './healer.ts'
import type { IncidentLog } from './incident-log.ts'
import { type Durability, type Facts, judge } from './judge.ts'
import type { LogStream } from './log-stream.ts'
import { Freeze } from './phase.ts'
import type { PositionRead } from './position-file.ts'
import { driftReason, foreignPositionReason, freezeReason } from './reasons.ts'
import { overrule, type Trusted } from './repair.ts'
import { setAside } from './set-aside.ts'
import type { Verification } from './state.ts'
import type { Witnesses } from './witnesses.ts'

/** What comparing and healing work on. */
export interface ComparingContext {
  readonly admin: AdminConnection
  readonly spec: LogSpec
  readonly stream: LogStream
  readonly witnesses: Witnesses
  readonly incidents: IncidentLog
  readonly durability: Durability
  readonly positionFile: string
  /** Where overruled commits are kept. */
  readonly asideDirectory: string
  readonly log: Logger
  readonly signal: AbortSignal
}

/** Up to here everything is compared before the log opens; beyond, the rest afterwards. */
const wholeComparison = 200_000n
const maxRounds = 8

const missingStream: readonly ConfigDrift[] = [
  { setting: 'name', expected: 'a stream', found: undefined },
]

export const streamIsGone = (): Freeze =>
  new Freeze(driftReason(missingStream), 1n, 'repair', 'drift')

/** Throws Freeze when the stream is gone or its settings are others. */
export async function checkSettings(
  { admin, spec, stream }: Pick<ComparingContext, 'admin' | 'spec' | 'stream'>,
  whenGone: 'create' | 'freeze',
): Promise<void> {
  if (!(await stream.standing())) {
    if (whenGone === 'freeze') throw streamIsGone()
    await stream.create()
  }
  const drift = await findDrift(admin, await expectedConfig(admin, spec))
  if (drift.length > 0) throw new Freeze(driftReason(drift), 0n, 'cause', 'drift')
}

/** Throws Freeze when the position file is that of another log. */
export function checkPosition(context: ComparingContext, content: PositionRead): void {
  if (isForeign(context, content)) throw new Freeze(foreignPositionReason(context.positionFile), 0n)
}

/**
 * Compares and heals until both copies are the same. `isWhole` looks at everything (or, in a large log,
 * at what came since that was last done); otherwise only at the end. Throws Freeze. Resolves with
 * whether a part was left for later.
 */
export async function settle(context: ComparingContext, isWhole: boolean): Promise<boolean> {
  const { witnesses, log, incidents } = context
  const { archive } = await witnesses.open()
  const { verified } = witnesses
  const last = archive.last.sequence
  const isLarge = last > wholeComparison && verified.sequence > 0n
  const first = isWhole ? (isLarge ? verified.sequence : 1n) : last > 0n ? last : 1n
  let from = first
  for (let round = 0; round < maxRounds; round++) {
    // What was healed is read once more by comparing it, and is not gone through twice.
    const isThorough = from === 1n && round === 0
    const { facts } = await look(context, archive, { from, isThorough })
    const verdict = judge(facts)
    if (verdict.type === 'open') {
      if (isWhole) await witnesses.noteVerified(archive.last.sequence)
      return isWhole && first > 1n
    }
    if (verdict.type === 'frozen')
      throw new Freeze(freezeReason(verdict.cause, verdict.firstBad), verdict.firstBad)
    log.info({ verdict: verdict.type }, 'one copy of the log is completed from the other')
    const healed = await heal(healing(context, archive), verdict)
    if (healed) incidents.add(healed.kind, healed.detail, healed.range.first, healed.range.last)
    from = firstTouched(facts)
  }
  throw ComparisonFailed({ reason: `they still differ after ${maxRounds} rounds of healing` })
}

/** Carries out a human's decision, as far as one is still needed. Throws `backup.repair_stale`. */
export async function carryOut(
  context: ComparingContext,
  decision: { readonly firstBad: bigint; readonly trusted: Trusted },
): Promise<void> {
  const { witnesses, incidents } = context
  const { archive } = await witnesses.open()
  const { facts } = await look(context, archive, { from: 1n, isThorough: true })
  const verdict = judge(facts)
  if (verdict.type === 'frozen') {
    const { firstBad } = verdict
    if (decision.firstBad !== firstBad)
      throw RepairStale({ shown: decision.firstBad, actual: firstBad })
    const detail = await overrule(healing(context, archive), facts, decision)
    incidents.add('repaired', detail, firstBad)
  }
  await witnesses.mark()
}

/** Compares every commit up to the archive's present end, or to the very end when nothing runs beside it. */
export async function verifyAll(
  context: ComparingContext,
  archive: Archive,
  isRunning: boolean,
): Promise<Verification> {
  const startedAt = Date.now()
  const { facts, compared } = await look(context, archive, {
    from: 1n,
    isThorough: true,
    ...(isRunning ? { to: archive.last.sequence } : {}),
  }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : 'unknown'
    throw ComparisonFailed({ reason }, error)
  })
  const verdict = judge(facts)
  const tookMs = Date.now() - startedAt
  switch (verdict.type) {
    case 'open':
      await context.witnesses.noteVerified(facts.archive.last)
      return {
        isEqual: true,
        compared,
        firstBadSequence: 0n,
        detail: 'log and archive are the same',
        tookMs,
      }
    case 'frozen': {
      const { firstBad, cause } = verdict
      const detail = freezeReason(cause, firstBad)
      return { isEqual: false, compared, firstBadSequence: firstBad, detail, tookMs }
    }
    default: {
      const detail = 'one copy is damaged where the other is whole; it is healed by itself'
      return { isEqual: false, compared, firstBadSequence: firstTouched(facts), detail, tookMs }
    }
  }
}

async function look(
  context: ComparingContext,
  archive: Archive,
  range: Pick<CompareOptions, 'from' | 'to' | 'isThorough'>,
): Promise<Comparison> {
  const { stream, witnesses, durability, signal } = context
  const { position } = await witnesses.open()
  // While the archiver runs the position moves along, and says nothing of this moment.
  const isUsable = range.to === undefined && !isForeign(context, position.content)
  return await compare({
    stream,
    archive,
    position: isUsable ? position.content : { type: 'none' },
    durability,
    signal,
    ...range,
  })
}

const isForeign = ({ spec }: ComparingContext, content: PositionRead): boolean =>
  content.type === 'known' &&
  (content.position.lineageId !== spec.lineageId || content.position.generation !== spec.generation)

const healing = ({ stream, asideDirectory }: ComparingContext, archive: Archive): HealContext => ({
  stream,
  archive,
  setAside: (what, commits) => setAside(asideDirectory, what, commits),
})

/** The first sequence healing may have to do with: what is before it was seen to be whole. */
function firstTouched({ stream, archive, unsound }: Facts): bigint {
  const firsts = [
    ...stream.holes.map(({ first }) => first),
    ...archive.holes.map(({ first }) => first),
    ...unsound,
    stream.last + 1n,
    archive.last + 1n,
  ]
  return firsts.reduce((least, value) => (value < least ? value : least))
}
