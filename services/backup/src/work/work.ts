import type { Worker } from 'node:worker_threads'
import { defineError } from '@holdfast/errors'
import { Counter, Gauge, type Telemetry } from '@holdfast/telemetry'
import { checkSize, type FromThread, fromFailure, type ToThread, toFailure } from './protocol.ts'
import { startThread } from './start-thread.ts'
import type { InputOf, OutputOf, ProgressOf, Questions, QuestionsOf, Tasks } from './task.ts'
import type { ServiceTasks } from './tasks.ts'

export const WorkLost = defineError(
  'backup.work_lost',
  'unavailable',
  ({ task, reason }: { task: string; reason: string }) =>
    `the work thread ended during ${task}: ${reason}; try again`,
)
export const WorkBusy = defineError(
  'backup.work_busy',
  'exhausted',
  ({ running }: { running: number }) => `${running} pieces of work are under way already`,
)

export interface RunOptions<T> {
  /** Aborted: rejects with its reason, at once. */
  readonly signal?: AbortSignal
  readonly onProgress?: (value: ProgressOf<T>) => void
}
/** `answers` has to be there when the task asks. */
type Options<T> = [keyof QuestionsOf<T>] extends [never]
  ? [options?: RunOptions<T> & { readonly answers?: undefined }]
  : [options: RunOptions<T> & { readonly answers: QuestionsOf<T> }]

/** The work thread as the service sees it. It starts with the first task, and anew after it has failed. */
export interface Work<T extends Tasks = ServiceTasks> {
  /** Rejects as the task does, with `backup.work_lost` when the thread ends, and `backup.work_busy`. */
  run<N extends keyof T & string>(
    task: N,
    input: InputOf<T[N]>,
    ...options: Options<T[N]>
  ): Promise<OutputOf<T[N]>>
  /** Aborts what runs and ends the thread. */
  stop(): Promise<void>
}

export interface WorkOptions {
  readonly telemetry: Pick<Telemetry, 'log' | 'registry'>
  /** Of the thread's JavaScript heap; buffers are beside it. Beyond it the thread ends, not the process. */
  readonly maxHeapMb?: number
  /** How long an aborted task may take to end before the thread is ended. */
  readonly abortMs?: number
}

const maxRunning = 64
/** A thread that fails again and again is not started more often than this. */
const firstRestartMs = 100
const maxRestartMs = 10_000
/** A thread that lived this long is forgiven its end. */
const soundMs = 60_000

export const openWork = (options: WorkOptions): Work =>
  openThread<ServiceTasks>(new URL('./work.worker.ts', import.meta.url), options)

interface Running {
  readonly task: string
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
  readonly onProgress: ((value: never) => void) | undefined
  readonly answers: Questions | undefined
  isAborted: boolean
}

/** `openWork` with the tasks of another module. */
export function openThread<T extends Tasks>(module: URL, options: WorkOptions): Work<T> {
  const { telemetry, maxHeapMb = 384, abortMs = 15_000 } = options
  const { log, registry } = telemetry
  const running = new Map<number, Running>()
  let count = 0
  let worker: Worker | undefined
  let startedAt = 0
  let restartMs = firstRestartMs
  let notBefore = 0
  let waiting: NodeJS.Timeout | undefined
  const held: ToThread[] = []
  let isStopped = false
  const ends = new Counter({
    name: 'holdfast_backup_work_ends_total',
    help: 'Times the work thread ended by itself.',
    registers: [registry],
  })
  new Gauge({
    name: 'holdfast_backup_work_running',
    help: 'Pieces of work under way in the work thread.',
    registers: [registry],
    collect() {
      this.set(running.size)
    },
  })

  function tell(message: ToThread): void {
    if (worker) {
      worker.postMessage(message)
      return
    }
    held.push(message)
    waiting ??= setTimeout(spawn, Math.max(0, notBefore - performance.now()))
  }

  function spawn(): void {
    waiting = undefined
    if (isStopped) return
    startedAt = performance.now()
    const made = startThread(module, {
      name: 'work',
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    })
    worker = made
    let reason = 'it ended'
    made.on('message', hear)
    made.on('messageerror', (error) => log.error({ err: error }, 'a message could not be read'))
    made.on('error', (error) => {
      reason = error.message
      log.error({ err: error }, 'the work thread failed; it is started again')
    })
    made.once('exit', () => ended(made, reason))
    for (const message of held.splice(0)) made.postMessage(message)
  }

  function ended(made: Worker, reason: string): void {
    if (worker !== made) return
    worker = undefined
    if (!isStopped) {
      ends.inc()
      if (performance.now() - startedAt > soundMs) restartMs = firstRestartMs
      notBefore = performance.now() + restartMs
      restartMs = Math.min(restartMs * 2, maxRestartMs)
    }
    const lost = [...running.values()]
    running.clear()
    for (const { task, reject } of lost) reject(WorkLost({ task, reason }))
  }

  function hear(message: FromThread): void {
    if (message.say === 'log') {
      log[message.level](message.fields, message.message)
      return
    }
    const one = running.get(message.number)
    if (!one) return
    switch (message.say) {
      case 'done':
        running.delete(message.number)
        one.resolve(message.value as never) // as: the task's own result
        return
      case 'failed':
        running.delete(message.number)
        one.reject(fromFailure(message.failure))
        return
      case 'progress':
        if (!one.isAborted) one.onProgress?.(message.value as never) // as: the task's own
        return
      case 'ask':
        void answer(message.number, one, message)
    }
  }

  async function answer(
    number: number,
    one: Running,
    { question, name, value }: Extract<FromThread, { say: 'ask' }>,
  ): Promise<void> {
    const made = worker
    const reply: Omit<Extract<ToThread, { say: 'answer' }>, 'value' | 'failure'> = {
      say: 'answer',
      number,
      question,
    }
    const back = (message: ToThread): void => {
      if (worker === made) made?.postMessage(message)
    }
    try {
      const ask = one.answers?.[name]
      if (!ask) throw new Error(`nobody answers ${name}`)
      const answered: unknown = await ask(value)
      checkSize(answered, `the answer to ${name}`)
      back({ ...reply, value: answered })
    } catch (error) {
      back({ ...reply, failure: toFailure(error) })
    }
  }

  return {
    run<N extends keyof T & string>(task: N, input: InputOf<T[N]>, ...[options]: Options<T[N]>) {
      const { signal, onProgress } = options ?? {}
      const answers: Questions | undefined = options?.answers
      return new Promise((resolve, reject) => {
        if (isStopped) throw WorkLost({ task, reason: 'the process is stopping' })
        signal?.throwIfAborted()
        if (running.size >= maxRunning) throw WorkBusy({ running: running.size })
        checkSize(input, `the input of ${task}`)
        const number = ++count
        let killer: NodeJS.Timeout | undefined
        const abort = (): void => {
          one.isAborted = true
          tell({ say: 'abort', number })
          reject(signal?.reason)
          killer = setTimeout(() => {
            log.error({ task }, 'a task did not end when it was told to: the work thread is ended')
            void worker?.terminate()
          }, abortMs)
        }
        const settled = (): void => {
          clearTimeout(killer)
          signal?.removeEventListener('abort', abort)
        }
        const one: Running = {
          task,
          resolve: (value) => {
            settled()
            resolve(value)
          },
          reject: (error) => {
            settled()
            reject(error)
          },
          onProgress,
          answers,
          isAborted: false,
        }
        running.set(number, one)
        signal?.addEventListener('abort', abort, { once: true })
        tell({ say: 'run', number, task, input })
      })
    },
    async stop() {
      isStopped = true
      clearTimeout(waiting)
      const made = worker
      await made?.terminate()
      const lost = [...running.values()]
      running.clear()
      for (const { task, reject } of lost) reject(WorkLost({ task, reason: 'the process stops' }))
    },
  }
}
