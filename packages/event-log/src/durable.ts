import { AsyncLocalStorage } from 'node:async_hooks'
import { DomainError } from '@holdfast/errors'
import { LogUnavailable, OutcomeUnknown } from './errors.ts'
import type { ServerGate } from './server-gate.ts'

/** What the answer of one piece of work depends on. */
export class Dependencies {
  #sequence = 0n
  #commandId: string | undefined
  #isLost = false

  /** The greatest sequence; 0 while the log was not touched. */
  get sequence(): bigint {
    return this.#sequence
  }

  /** The last command that was carried out; undefined when the log was only read. */
  get commandId(): string | undefined {
    return this.#commandId
  }

  /** Whether a server has come back without some of it. */
  get isLost(): boolean {
    return this.#isLost
  }

  read(sequence: bigint): void {
    if (sequence > this.#sequence) this.#sequence = sequence
  }

  commanded(commandId: string, sequence: bigint): void {
    this.#commandId = commandId
    this.read(sequence)
  }

  /** The log has been approved up to a sequence: what came after it may have been replaced. */
  rebase(sequence: bigint): void {
    if (this.#sequence > sequence) this.#isLost = true
  }
}

/** See `EventLog.durable` and `EventLog.whenSafe`. */
export interface Durability {
  durable<T>(work: () => Promise<T> | T, signal?: AbortSignal): Promise<T>
  whenSafe(sequence: bigint, signal?: AbortSignal): Promise<void>
  /** See `EventLog.safeHead`, of which this is the second half. */
  safeBelow(head: bigint): Promise<bigint>
  /** Of the work at hand; undefined outside of any. */
  current(): Dependencies | undefined
  /** Runs work that notes what it depends on: as a part of the work at hand, or as work of its own. */
  noted<T>(work: (on: Dependencies) => Promise<T>, signal?: AbortSignal): Promise<T>
}

type Gate = Pick<
  ServerGate,
  'safe' | 'state' | 'onRebase' | 'onStatus' | 'isReadable' | 'knownSafe'
>

/** How long a reply waits for the archive. */
const maxWaitMs = 5_000

/**
 * Lets replies wait until what they tell is safe, while the queues of the aggregates move on. Work
 * notes what it depends on; when it settles, well or not, it waits for the greatest sequence noted.
 * That is its own commit, or the one a refusal or an unchanged state was seen at: a refusal for a
 * name somebody took must not be told before that somebody's commit is sure to stay.
 */
export function durability(gate: Gate): Durability {
  const storage = new AsyncLocalStorage<Dependencies>()
  const atWork = new Set<Dependencies>()
  gate.onRebase((sequence) => {
    for (const on of atWork) on.rebase(sequence)
  })

  /** True once it is safe; false when that does not come in time, or `isLost` says that it never will. */
  function reached(
    sequence: bigint,
    isLost: () => boolean,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const isSafe = (): boolean => gate.safe.current() >= sequence
    if (isLost()) return Promise.resolve(false)
    if (isSafe()) return Promise.resolve(true)
    if (signal?.aborted) return Promise.resolve(false)
    return new Promise((resolve) => {
      const stops: (() => void)[] = []
      const settle = (): void => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', settle)
        for (const stop of stops) stop()
        resolve(!isLost() && isSafe())
      }
      const look = (): void => {
        if (isLost() || isSafe()) settle()
      }
      const timer = setTimeout(settle, maxWaitMs)
      signal?.addEventListener('abort', settle, { once: true })
      stops.push(gate.safe.onAdvance(look), gate.onRebase(look), gate.onStatus(look))
    })
  }

  /** Throws when what the work tells cannot be told. */
  async function confirmed(on: Dependencies, signal?: AbortSignal): Promise<void> {
    if (on.sequence === 0n) return
    const { commandId } = on
    // What is read of a log that is kept closed is all there is to show, until somebody has repaired it.
    if (commandId === undefined && gate.state().type === 'refused' && gate.isReadable()) return
    if (await reached(on.sequence, () => on.isLost, signal)) return
    if (commandId !== undefined) throw OutcomeUnknown({ commandId })
    throw LogUnavailable({ reason: 'the archive did not confirm in time what was read' })
  }

  async function run<T>(
    work: (on: Dependencies) => Promise<T> | T,
    signal?: AbortSignal,
  ): Promise<T> {
    const on = new Dependencies()
    atWork.add(on)
    try {
      let result: T
      try {
        result = await storage.run(on, () => work(on))
      } catch (error) {
        const isGone = signal?.aborted === true && error === signal.reason
        if (!isGone && !tellsNothing(error)) await confirmed(on, signal)
        throw error
      }
      await confirmed(on, signal)
      return result
    } finally {
      atWork.delete(on)
    }
  }

  return {
    current: () => storage.getStore(),
    durable(work, signal) {
      // Within other work, that one waits for all of it.
      return storage.getStore() === undefined ? run(work, signal) : Promise.resolve(work())
    },
    noted(work, signal) {
      const on = storage.getStore()
      return on === undefined ? run(work, signal) : work(on)
    },
    async whenSafe(sequence, signal) {
      if (await reached(sequence, () => false, signal)) return
      signal?.throwIfAborted()
      throw LogUnavailable({ reason: `the archive has not confirmed commit ${sequence} in time` })
    },
    async safeBelow(head) {
      // While the gate is closed nobody is told anything new, so what is known is all there is.
      await reached(head, () => gate.state().type !== 'open', undefined)
      const safe = gate.knownSafe()
      return head < safe ? head : safe
    },
  }
}

/** Says itself that nothing is certain. */
const tellsNothing = (error: unknown): boolean =>
  error instanceof DomainError && (error.kind === 'unavailable' || error.kind === 'exhausted')
