import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { EngineSettings, EngineState, FromEngine, ToEngine } from './engine-messages.ts'

const entry = fileURLToPath(new URL('./engine-process.ts', import.meta.url))

/** A running engine, seen from outside. */
export class EngineProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #waiting = new Set<() => void>()
  readonly #answers = new Map<number, (answer: FromEngine & { type: 'verified' }) => void>()
  #next = 1
  state: EngineState | undefined

  constructor(settings: EngineSettings) {
    this.#child = fork(entry, [JSON.stringify(settings)], {
      execArgv: ['--import', 'tsx'],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.#exited = once(this.#child, 'exit')
    this.#child.on('message', (message: FromEngine) => {
      if (message.type === 'state') {
        this.state = message.state
        for (const check of [...this.#waiting]) check()
      } else this.#answers.get(message.id)?.(message)
    })
  }

  strike(message: ToEngine & { type: 'disk' }): void {
    this.#child.send(message)
  }

  verify(): Promise<{ readonly isEqual: boolean; readonly detail: string }> {
    const id = this.#next++
    return new Promise((resolve) => {
      this.#answers.set(id, resolve)
      this.#child.send({ type: 'verify', id } satisfies ToEngine)
    })
  }

  /** Resolves with the state as soon as it is like this; rejects after `timeoutMs`. */
  until(isLike: (state: EngineState) => boolean, timeoutMs: number): Promise<EngineState> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        if (!this.state || !isLike(this.state)) return
        done()
        resolve(this.state)
      }
      const timer = setTimeout(() => {
        done()
        const { writes, reason } = this.state ?? { writes: 'unknown', reason: '' }
        reject(new Error(`the engine is ${writes} after ${timeoutMs} ms: ${reason}`))
      }, timeoutMs)
      const done = (): void => {
        clearTimeout(timer)
        this.#waiting.delete(check)
      }
      this.#waiting.add(check)
      check()
    })
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(name)
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}
