import {
  type HostFacts,
  nextExpiry,
  type Policy,
  policyVersion,
  type RuleSet,
  resolve,
} from '@holdfast/policy'
import type { TakenCommit } from '../state/saved-fold.ts'
import type { ApplyFigures, Backend, Depth, Observation } from './backend.ts'
import { confirmTimer } from './confirm-timer.ts'
import { allRules, type RuleTrouble } from './differences.ts'
import { dropLedger } from './drop-ledger.ts'
import { rulesInForce, takenBack } from './rule-set-state.ts'
import type { SavedRules } from './saved-rules.ts'
import {
  allWell,
  errorOf,
  type Finding,
  type FirewallStatus,
  isWell,
  judgeObservation,
} from './status.ts'

export interface EnforcerLog {
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

export interface EnforcerOptions {
  readonly backend: Backend
  readonly rules: SavedRules
  /** Whether foreign changes are undone, or only reported. */
  readonly repairs: boolean
  /** How often the kernel is read back. */
  readonly checkMs: number
  readonly now: () => number
  readonly onStatus: (status: FirewallStatus) => void
  readonly log: EnforcerLog
}

/**
 * Keeps the kernel's rules as log and host say. Start, change, expiry, reversal and repair are one pass:
 * resolve, compile, swap, read back. A pass at a time; what arrives meanwhile waits for the next.
 */
export interface Enforcer {
  /** What the host knows about itself has changed. */
  setFacts(facts: HostFacts): void
  /** Folds commits of the rule set. Throws UnknownFact and keeps what came before. History is not enforced yet. */
  take(commits: readonly TakenCommit[]): Promise<void>
  /** The log is about to be read from where it was left. */
  replays(): void
  /** History is over. */
  caughtUp(): void
  /** Resolves once the device is judged, so that it may come up. Rejects when that cannot be. */
  admit(device: string): Promise<void>
  /** Reads the kernel back now. */
  prove(): Promise<FirewallStatus>
  status(): FirewallStatus
  /** The policy that is in the kernel, for naming what it did. */
  policy(): { readonly policy: Policy; readonly version: Uint8Array } | undefined
  facts(): HostFacts | undefined
  /** What runs is finished; what is enforced stays. */
  stop(): Promise<void>
}

/** A burst of changes is one change: so long must it be quiet, and so long at most is it waited for. */
const quietMs = 1
const mostMs = 5
const firstRetryMs = 1_000
const maxRetryMs = 60_000
const maxTimerMs = 2 ** 31 - 1
const noFigures: ApplyFigures = {
  rules: 0,
  tuples: 0,
  longestProbe: 0,
  blobBytes: 0,
  buildMs: 0,
  swapMs: 0,
}

interface Wanted {
  readonly policy: Policy
  readonly version: Uint8Array
}

interface Waiter {
  readonly device: string
  readonly settle: (error: Error | undefined) => void
}

export function enforcer(options: EnforcerOptions): Enforcer {
  const { backend, rules, repairs, now, log } = options
  let facts: HostFacts | undefined
  /** The rule set as of the end of history, or of the last live commit. */
  let settled: { readonly ruleSet: RuleSet; readonly sequence: bigint } | undefined
  let isReplaying = false
  let isSettledStale = true
  /** What the kernel was told last and took. */
  let applied: Wanted | undefined
  let appliedSequence = 0n
  let figures = noFigures
  let seen: Observation | undefined
  let seenVersion: Uint8Array | undefined
  let finding: Finding = allWell
  let provenAtUnixMs = 0
  let changeMs = 0
  let driftFound = 0
  let driftRepaired = 0
  let failures = 0
  /** Somebody else's change stands, as told to. */
  let isForeign = false
  let savingTrouble = ''

  let changedAt: number | undefined
  let isCheckDue = false
  let isStopped = false
  let running: Promise<void> | undefined
  let burst: NodeJS.Timeout | undefined
  let expiry: NodeJS.Timeout | undefined
  let retry: NodeJS.Timeout | undefined
  let waiters: Waiter[] = []
  let provers: ((status: FirewallStatus) => void)[] = []

  const drops = dropLedger()
  drops.take(backendDrops())
  const confirmation = confirmTimer({
    now,
    onDue(pending) {
      if (rules.state.pending !== pending && !isReplaying) return
      log.warn(
        { applyId: pending.applyId },
        'nobody confirmed the change in time; the host takes it back',
      )
      rules.reverted(pending).catch(saveFailed)
      isSettledStale = true
      // The log may never be read to its end: what it would say then is what this change cut off.
      if (isReplaying && settled) {
        settled = { ...settled, ruleSet: takenBack(settled.ruleSet, pending) }
      }
      changed()
    },
  })
  const checks = setInterval(() => {
    isCheckDue = true
    start()
  }, options.checkMs)

  function saveFailed(error: unknown): void {
    // The next commit tries the disk again; until then only this process knows.
    log.error({ err: error }, 'the rule set cannot be saved')
  }

  function changed(): void {
    const at = performance.now()
    changedAt ??= at
    clearTimeout(burst)
    burst = setTimeout(start, Math.max(0, Math.min(quietMs, changedAt + mostMs - at)))
  }

  function start(): void {
    clearTimeout(burst)
    if (running || isStopped || !facts) return
    running = pass(facts).finally(() => {
      running = undefined
      if (isWorkLeft()) start()
    })
  }

  const isWorkLeft = (): boolean => changedAt !== undefined || isCheckDue || waiters.length > 0

  async function pass(host: HostFacts): Promise<void> {
    clearTimeout(retry)
    const arrivedAt = changedAt
    // A change is proved by its bytes; what this start found, and what is checked now and then, line by line.
    const depth: Depth = isCheckDue || !applied ? 'lines' : 'bytes'
    changedAt = undefined
    isCheckDue = false
    const [asking, proving] = [waiters, provers]
    waiters = []
    provers = []
    settle()
    try {
      finding = await converge(host, asking.length > 0, depth)
    } catch (error) {
      finding = failed(error, host)
      await look()
    }
    if (arrivedAt !== undefined) changeMs = performance.now() - arrivedAt
    if (isWell(finding)) failures = 0
    else scheduleRetry()
    scheduleExpiry()
    drops.take(backendDrops())
    for (const waiter of asking) answer(waiter)
    // What is told as enforced must be so after a crash too. Mostly the disk was faster than the kernel.
    savingTrouble = await settledOnDisk()
    const told = status()
    options.onStatus(told)
    for (const prover of proving) prover(told)
  }

  async function settledOnDisk(): Promise<string> {
    try {
      await rules.settled()
      return ''
    } catch (error) {
      return `the rule set cannot be saved: ${error instanceof Error ? error.message : String(error)}`
    }
  }

  /** Which rules hold, unless history is on its way: a state of the past is not enforced. */
  function settle(): void {
    if (settled && (isReplaying || !isSettledStale)) return
    settled = { ruleSet: rulesInForce(rules.state), sequence: rules.state.sequence }
    isSettledStale = false
  }

  async function converge(host: HostFacts, isAsked: boolean, depth: Depth): Promise<Finding> {
    if (!settled) throw new Error('there is no rule set')
    const { ruleSet, sequence } = settled
    const policy = resolve(ruleSet, host, now())
    const wanted: Wanted = { policy, version: policyVersion(policy) }
    const isNew = !applied || !isEqual(applied.version, wanted.version)
    if (isNew || isAsked) await apply(wanted)
    // What is the same for this host needs no swap.
    appliedSequence = sequence
    if (!isReplaying) waitForConfirmation()
    const before = seen
    const found = await readBack(wanted, depth)
    if (isWell(found)) return allWell
    if (isNew || isAsked) return found
    return repair(wanted, found, before)
  }

  function waitForConfirmation(): void {
    confirmation.arm(rules.state.pending, (pending, untilUnixMs) => {
      rules.tookEffect(pending, untilUnixMs).catch(saveFailed)
      log.info({ applyId: pending.applyId, untilUnixMs }, 'a change waits for its confirmation')
    })
  }

  /** Nothing was changed here, and yet it is not as it was told. */
  async function repair(
    wanted: Wanted,
    found: Finding,
    before: Observation | undefined,
  ): Promise<Finding> {
    const isNewcomer = hasCome(before, seen)
    const known = new Set(finding.errors)
    const drift = isNewcomer ? [] : found.errors.filter((error) => !known.has(error))
    driftFound += drift.length
    const rulesNamed = found.troubles.slice(0, 10).map(({ ruleId }) => ruleId)
    // A device that came is no foreign change of rules; neither is a failure of our own, which is tried again.
    const mayApply = repairs || isNewcomer || (drift.length === 0 && !isForeign)
    if (!mayApply) {
      if (drift.length > 0) {
        log.error(
          { found: errorOf(found), rules: rulesNamed },
          'somebody changed the rules in the kernel; they are not enforced',
        )
      }
      isForeign = true
      return found
    }
    await apply(wanted)
    const left = await readBack(wanted, 'lines')
    if (drift.length > 0) {
      driftRepaired += drift.filter((error) => !left.errors.includes(error)).length
      log.warn(
        { found: errorOf(found), rules: rulesNamed, left: errorOf(left) },
        'somebody changed the rules in the kernel; they are put back',
      )
    }
    return left
  }

  async function apply(wanted: Wanted): Promise<void> {
    figures = await backend.apply(wanted.policy, wanted.version)
    applied = wanted
    isForeign = false
  }

  /** After a failure: what the kernel had before may be gone as well. */
  async function look(): Promise<void> {
    seen = await backend.observe('lines').catch(() => undefined)
    seenVersion = seen?.policy && policyVersion(seen.policy)
  }

  async function readBack(wanted: Wanted, depth: Depth): Promise<Finding> {
    seen = undefined
    seen = await backend.observe(depth)
    const { policy } = seen
    seenVersion = policy === wanted.policy ? wanted.version : policy && policyVersion(policy)
    provenAtUnixMs = now()
    return judgeObservation(
      wanted.policy,
      seen,
      seenVersion !== undefined && isEqual(seenVersion, wanted.version),
    )
  }

  function failed(error: unknown, host: HostFacts): Finding {
    const reason = error instanceof Error ? error.message : String(error)
    if (!finding.errors.includes(reason)) {
      const sequence = settled?.sequence
      log.error({ err: error, sequence }, 'the rules are not enforced; what was before stays')
    }
    return { errors: [reason], troubles: rulesThatFail(reason, host) }
  }

  /** The rules of the policy that could not be brought into force, as far as one could be made. */
  function rulesThatFail(reason: string, host: HostFacts): RuleTrouble[] {
    if (!settled) return []
    try {
      return allRules(resolve(settled.ruleSet, host, now()), reason)
    } catch {
      return settled.ruleSet.rules.slice(0, 100).map(({ id }) => ({ ruleId: id, reason }))
    }
  }

  function answer({ device, settle }: Waiter): void {
    const at = seen?.devices.find((each) => each.device === device)
    const isJudged = at && at.ingressHook !== '' && at.egressHook !== ''
    // A host that can enforce nothing says so in its report, and its tunnels work.
    const isAdmitted = isJudged || backend.name === 'none'
    const reason =
      [errorOf(finding), at?.error].filter(Boolean).join('; ') ||
      'it is not among the devices of the node yet'
    settle(isAdmitted ? undefined : new Error(`${device} has no firewall: ${reason}`))
  }

  function scheduleRetry(): void {
    if (isStopped || isForeign) return
    const delayMs = Math.min(firstRetryMs * 2 ** Math.min(failures, 10), maxRetryMs)
    failures++
    retry = setTimeout(() => {
      isCheckDue = true
      start()
    }, delayMs)
  }

  function scheduleExpiry(): void {
    clearTimeout(expiry)
    const at = settled && nextExpiry(settled.ruleSet, now())
    if (at === undefined || isStopped) return
    expiry = setTimeout(changed, Math.min(Math.max(at - now(), 1), maxTimerMs))
  }

  function backendDrops(): ReturnType<Backend['drops']> {
    try {
      return backend.drops()
    } catch {
      return []
    }
  }

  function status(): FirewallStatus {
    const { pending, revertedApplyId } = rules.state
    const hasNothingToDo = backend.name === 'none' && finding.troubles.length === 0
    return {
      backend: backend.name,
      ruleSetSequence: appliedSequence,
      policyVersion: applied?.version,
      observedVersion: seenVersion,
      isEnforced: (isWell(finding) && applied !== undefined) || hasNothingToDo,
      provenAtUnixMs,
      error: [errorOf(finding), savingTrouble].filter(Boolean).join('; '),
      devices: (applied?.policy.devices ?? []).map(({ device, interfaceId }) => ({
        ...(seen?.devices.find((each) => each.device === device) ?? {
          device,
          ifindex: 0,
          ingressHook: '',
          egressHook: '',
          error: '',
        }),
        interfaceId,
        drops: drops.of(device),
      })),
      troubles: finding.troubles,
      capabilities: backend.capabilities(),
      pendingApplyId: pending && !pending.isReverted ? pending.applyId : '',
      pendingUntilUnixMs: pending && !pending.isReverted ? pending.untilUnixMs : 0,
      revertedApplyId,
      rules: figures.rules,
      figures,
      changeMs,
      driftFound,
      driftRepaired,
    }
  }

  return {
    setFacts(next) {
      facts = next
      changed()
    },
    take(commits) {
      let saving: Promise<void>
      try {
        saving = rules.take(commits)
      } finally {
        isSettledStale = true
        if (!isReplaying) changed()
      }
      saving.catch(saveFailed)
      return Promise.resolve()
    },
    replays() {
      // Whatever holds now holds until history has been read to its end.
      settle()
      isReplaying = true
    },
    caughtUp() {
      isReplaying = false
      isSettledStale = true
      changed()
    },
    admit: (device) =>
      new Promise((resolve, reject) => {
        const settle = (error: Error | undefined): void => (error ? reject(error) : resolve())
        if (isStopped) return settle(new Error('the firewall is stopping'))
        waiters.push({ device, settle })
        start()
      }),
    prove: () =>
      new Promise((resolve) => {
        if (!facts || isStopped) return resolve(status())
        provers.push(resolve)
        isCheckDue = true
        start()
      }),
    status,
    policy: () => applied,
    facts: () => facts,
    async stop() {
      isStopped = true
      clearInterval(checks)
      confirmation.stop()
      for (const timer of [burst, expiry, retry]) clearTimeout(timer)
      await running
      for (const timer of [burst, expiry, retry]) clearTimeout(timer)
      for (const { settle } of waiters) settle(new Error('the firewall is stopping'))
      for (const answer of provers) answer(status())
    },
  }
}

/** A device is there that was not, or is another than before. */
const hasCome = (before: Observation | undefined, now: Observation | undefined): boolean =>
  now?.devices.some(
    ({ device, ifindex }) =>
      ifindex !== 0 && before?.devices.find((each) => each.device === device)?.ifindex !== ifindex,
  ) ?? false

const isEqual = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0
