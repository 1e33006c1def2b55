import { makePlan, type Plan, type PlanTools, type Scope } from './plan.ts'

const keptForMs = 10 * 60_000
const makingMs = 10 * 60_000
/** One is paged through while another is made. */
const maxPlans = 2

interface Kept {
  readonly plan: Promise<Plan>
  lastUsedAt: number
}

/**
 * Plans in memory while somebody pages through them. A plan follows from its scope and the log, so one that was given up is
 * made again when it is asked for.
 */
export class PlanShelf {
  readonly #tools: PlanTools
  readonly #kept = new Map<string, Kept>()
  #sweep: NodeJS.Timeout | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(tools: PlanTools) {
    this.#tools = tools
  }

  /** Who stops waiting does not stop the plan: it is asked for again. */
  async plan(scope: Scope, signal: AbortSignal): Promise<Plan> {
    signal.throwIfAborted()
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    })
    return await Promise.race([this.#keep(scope), aborted])
  }

  /** Works with a plan while nobody else does: what is brought moves its objects on. */
  async exclusively<T>(
    scope: Scope,
    signal: AbortSignal,
    work: (plan: Plan) => Promise<T>,
  ): Promise<T> {
    const mine = this.#last.then(async () => await work(await this.plan(scope, signal)))
    this.#last = mine.catch(() => undefined)
    return await mine
  }

  #keep(scope: Scope): Promise<Plan> {
    const { to, head, kinds, ...rest } = scope
    const key = JSON.stringify([`${to}`, `${head}`, kinds, rest])
    const known = this.#kept.get(key)
    const kept = known ?? {
      plan: makePlan(this.#tools, scope, AbortSignal.timeout(makingMs)),
      lastUsedAt: 0,
    }
    kept.lastUsedAt = this.#tools.now()
    this.#kept.delete(key)
    this.#kept.set(key, kept)
    if (!known) {
      kept.plan.catch(() => {
        if (this.#kept.get(key) === kept) this.#kept.delete(key)
      })
      const [oldest] = this.#kept.keys()
      if (this.#kept.size > maxPlans && oldest !== undefined) this.#kept.delete(oldest)
    }
    this.#sweepLater()
    return kept.plan
  }

  #sweepLater(): void {
    this.#sweep ??= setTimeout(() => {
      this.#sweep = undefined
      const before = this.#tools.now() - keptForMs
      for (const [key, { lastUsedAt }] of this.#kept) {
        if (lastUsedAt <= before) this.#kept.delete(key)
      }
      if (this.#kept.size > 0) this.#sweepLater()
    }, keptForMs).unref()
  }
}
