import type { MessagePort } from 'node:worker_threads'
import { checkSize, type FromThread, fromFailure, type ToThread, toFailure } from './protocol.ts'
import type { TaskContext, Tasks } from './task.ts'

const progressEveryMs = 100

interface Waiting {
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

interface Running {
  readonly controller: AbortController
  readonly questions: Map<number, Waiting>
  told: unknown
  timer: NodeJS.Timeout | undefined
}

/** The thread's side: runs what it is told to, many at once. */
export function serveTasks(port: MessagePort, tasks: Tasks): void {
  const running = new Map<number, Running>()
  let count = 0

  const say = (message: FromThread): void => port.postMessage(message)
  const log =
    (level: 'info' | 'warn' | 'error') =>
    (fields: object, message: string): void =>
      say({ say: 'log', level, fields: clonable(fields), message })
  const logger = { info: log('info'), warn: log('warn'), error: log('error') }

  function flush(number: number, one: Running): void {
    clearTimeout(one.timer)
    one.timer = undefined
    if (one.told !== undefined) say({ say: 'progress', number, value: one.told })
    one.told = undefined
  }

  const contextOf = (number: number, one: Running): TaskContext<unknown> => ({
    signal: one.controller.signal,
    log: logger,
    progress(value) {
      checkSize(value, 'a progress')
      one.told = value
      one.timer ??= setTimeout(() => flush(number, one), progressEveryMs)
    },
    ask(name: string, value: unknown) {
      checkSize(value, `the question ${name}`)
      const question = ++count
      return new Promise((resolve, reject) => {
        one.questions.set(question, { resolve, reject })
        say({ say: 'ask', number, question, name, value })
      })
    },
  })

  async function run(number: number, name: string, input: unknown): Promise<void> {
    const one: Running = {
      controller: new AbortController(),
      questions: new Map(),
      told: undefined,
      timer: undefined,
    }
    running.set(number, one)
    try {
      const task = Object.hasOwn(tasks, name) ? tasks[name] : undefined
      if (!task) throw new Error(`the work thread knows no task ${name}`)
      const value: unknown = await task(input, contextOf(number, one))
      checkSize(value, `the result of ${name}`)
      flush(number, one)
      say({ say: 'done', number, value })
    } catch (error) {
      flush(number, one)
      say({ say: 'failed', number, failure: toFailure(error) })
    } finally {
      running.delete(number)
    }
  }

  port.on('message', (message: ToThread) => {
    switch (message.say) {
      case 'run':
        void run(message.number, message.task, message.input)
        return
      case 'abort': {
        const one = running.get(message.number)
        const gone = new Error('whoever asked for it gave up')
        one?.controller.abort(gone)
        for (const waiting of one?.questions.values() ?? []) waiting.reject(gone)
        return
      }
      case 'answer': {
        const one = running.get(message.number)
        const waiting = one?.questions.get(message.question)
        one?.questions.delete(message.question)
        if (message.failure) waiting?.reject(fromFailure(message.failure))
        else waiting?.resolve(message.value as never) // as: what was asked for
      }
    }
  })
}

/** Errors and functions among the fields of a log line do not cross over as they are. */
const clonable = (fields: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error
        ? { type: value.name, message: value.message, stack: value.stack }
        : typeof value === 'function'
          ? String(value)
          : value,
    ]),
  )
