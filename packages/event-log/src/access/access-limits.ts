/** Somebody at the door: came in, went out, or was not let in. Never holds a password, a token or a name that was typed. */
export interface AccessAttempt {
  /** For example `login`. From a closed set. */
  readonly action: string
  readonly result: 'success' | 'failure'
  /** Problem code of a refusal. */
  readonly code?: string
  /** UUIDs; absent where nobody was recognized. */
  readonly userId?: string
  readonly sessionId?: string
  readonly organizationId?: string
  /** What was asked for. From a closed set. */
  readonly target?: string
  /** The network it came from: an IPv4 address, the /64 of an IPv6 one. */
  readonly source?: string
  /** What tells accounts apart in a summary, kept nowhere. Default: the user id. */
  readonly account?: string
  /** For what one session does again and again: once a window it is kept, and what follows is summed up. */
  readonly isFrequent?: boolean
}

/** One record to be kept: an attempt, or the sum of several. */
export interface AccessEntry extends AccessAttempt {
  /** When it happened; of a sum, when it was drawn up. */
  readonly atUnixMs: number
  /** 1 for an attempt. */
  readonly count: number
  /** 0 for an attempt; of a sum, how far back it reaches. */
  readonly windowMs: number
  /** Distinct accounts in a sum, an estimate from above; 0 for an attempt. */
  readonly accounts: number
}

export interface AccessLimits {
  readonly windowMs: number
  /** Failures of one source that are kept one by one. */
  readonly failuresOfSource: number
  /** The same of all sources together. */
  readonly failures: number
  /** Sources whose further failures have a sum of their own; all others share one. */
  readonly sums: number
  /** Successes that are kept one by one. */
  readonly successes: number
  /** Sessions whose frequent doings have a sum of their own; all others share one. */
  readonly frequent: number
}

/**
 * In a minute at most 60 failures one by one, 50 sums of sources, 1 sum of the others, 600 successes, 200 sums of what
 * sessions do frequently and 1 sum of further ones: 912 records, 111 of them caused by people who were not let in.
 */
export const accessLimits: AccessLimits = {
  windowMs: 60_000,
  failuresOfSource: 10,
  failures: 60,
  sums: 50,
  successes: 600,
  frequent: 200,
}

/** Upper bound of the records about failures of which the first and the last are `spanMs` apart. */
export const maxFailureRecords = (limits: AccessLimits, spanMs: number): number =>
  (limits.failures + limits.sums + 1) * (Math.floor(spanMs / limits.windowMs) + 1)

/** Accounts a sum tells apart; beyond, each attempt counts as another one. */
const exactAccounts = 256

type Common = Omit<AccessAttempt, 'result' | 'source' | 'account'>

/** Attempts on their way to one record. Keeps what is the same in all of them. */
class Sum {
  readonly #result: AccessAttempt['result']
  readonly #source: string | undefined
  readonly #accounts = new Set<string>()
  #moreAccounts = 0
  #common: Common | undefined
  #count = 0
  #since: number

  constructor(result: AccessAttempt['result'], source: string | undefined, since: number) {
    this.#result = result
    this.#source = source
    this.#since = since
  }

  add(entry: AccessEntry): void {
    this.#count += entry.count
    this.#since = Math.min(this.#since, entry.atUnixMs - entry.windowMs)
    this.#common = this.#common === undefined ? commonOf(entry) : shared(this.#common, entry)
    if (entry.windowMs > 0) this.#moreAccounts += entry.accounts
    else this.#addAccount(entry.account ?? entry.userId)
  }

  /** Undefined when there is nothing in it. */
  entry(now: number): AccessEntry | undefined {
    if (this.#count === 0) return undefined
    return {
      action: several,
      ...this.#common,
      result: this.#result,
      ...(this.#source === undefined ? {} : { source: this.#source }),
      atUnixMs: now,
      count: this.#count,
      windowMs: Math.max(1, now - this.#since),
      accounts: this.#accounts.size + this.#moreAccounts,
    }
  }

  #addAccount(account: string | undefined): void {
    if (account === undefined || this.#accounts.has(account)) return
    if (this.#accounts.size < exactAccounts) this.#accounts.add(account)
    else this.#moreAccounts++
  }
}

/** Action of a sum of different ones. */
const several = 'several'
const commonFields = [
  'action',
  'code',
  'userId',
  'sessionId',
  'organizationId',
  'target',
] as const satisfies readonly (keyof Common)[]

const commonOf = (entry: AccessAttempt): Common => pick(entry, () => true)
const shared = (common: Common, entry: AccessAttempt): Common =>
  pick(common, (field) => common[field] === entry[field])

function pick(from: AccessAttempt | Common, wanted: (field: keyof Common) => boolean): Common {
  const fields = commonFields.filter((field) => from[field] !== undefined && wanted(field))
  const picked: Partial<Common> = Object.fromEntries(fields.map((field) => [field, from[field]]))
  return { action: several, ...picked }
}

export interface AccessLimiter {
  /** What is to be written now that this has happened. Time is ms since 1970. */
  decide(attempt: AccessAttempt, now: number): readonly AccessEntry[]
  /** The sums of the window at hand, which ends. */
  end(now: number): readonly AccessEntry[]
  /** When the window at hand ends by itself; undefined without one. */
  endsAt(): number | undefined
  /** Takes back what could not be kept: it goes into the next sum of the others. */
  giveBack(entry: AccessEntry, now: number): void
}

/**
 * Decides what becomes a record, so that nobody can make many of them: see `AccessLimits`. Nothing is left out: the
 * counts of all entries add up to the attempts. Memory is bounded by the limits, whatever comes.
 */
export function accessLimiter(limits: AccessLimits = accessLimits): AccessLimiter {
  let start: number | undefined
  let failures = 0
  let successes = 0
  /** Failures kept one by one in this window; at most `limits.failures` sources. */
  const kept = new Map<string, number>()
  const sums = new Map<string, Sum>()
  /** What sessions did again; empty after their first time. */
  const frequent = new Map<string, Sum>()
  let others = new Sum('failure', undefined, Number.POSITIVE_INFINITY)
  let furtherSuccesses = new Sum('success', undefined, Number.POSITIVE_INFINITY)

  function end(now: number): readonly AccessEntry[] {
    const entries = [...sums.values(), ...frequent.values(), others, furtherSuccesses].flatMap(
      (sum) => sum.entry(now) ?? [],
    )
    start = undefined
    failures = 0
    successes = 0
    kept.clear()
    sums.clear()
    frequent.clear()
    others = new Sum('failure', undefined, Number.POSITIVE_INFINITY)
    furtherSuccesses = new Sum('success', undefined, Number.POSITIVE_INFINITY)
    return entries
  }

  /** Ends the window when its time is over, or when the clock was set back, and begins the next. */
  function turn(now: number): readonly AccessEntry[] {
    const isOver = start !== undefined && (now >= start + limits.windowMs || now < start)
    const entries = isOver ? end(now) : []
    start ??= now
    return entries
  }

  /** The entry itself when it may be kept by itself. */
  function place(entry: AccessEntry): readonly AccessEntry[] {
    if (entry.result === 'success') {
      if (entry.isFrequent) {
        const doer = `${entry.action} ${entry.userId ?? ''} ${entry.sessionId ?? ''}`
        const again = frequent.get(doer)
        if (again) {
          again.add(entry)
          return []
        }
        if (frequent.size < limits.frequent) {
          frequent.set(doer, new Sum('success', entry.source, Number.POSITIVE_INFINITY))
        }
      }
      successes++
      if (successes <= limits.successes) return [entry]
      furtherSuccesses.add(entry)
      return []
    }
    const source = entry.source ?? entry.userId ?? ''
    const ofSource = kept.get(source) ?? 0
    if (ofSource < limits.failuresOfSource && failures < limits.failures) {
      kept.set(source, ofSource + 1)
      failures++
      return [entry]
    }
    let sum = sums.get(source)
    if (!sum && sums.size < limits.sums) {
      sum = new Sum('failure', entry.source, Number.POSITIVE_INFINITY)
      sums.set(source, sum)
    }
    ;(sum ?? others).add(entry)
    return []
  }

  return {
    decide(attempt, now) {
      const ended = turn(now)
      const entry = { ...attempt, atUnixMs: now, count: 1, windowMs: 0, accounts: 0 }
      return [...ended, ...place(entry)]
    },
    end,
    endsAt: () => (start === undefined ? undefined : start + limits.windowMs),
    giveBack(entry, now) {
      start ??= now
      if (entry.result === 'success') furtherSuccesses.add(entry)
      else others.add(entry)
    },
  }
}
