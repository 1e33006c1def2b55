import { parentPort } from 'node:worker_threads'
import { DomainError } from '@holdfast/errors'
import { serveTasks } from '../serve-tasks.ts'
import type { Task } from '../task.ts'

const forever = new Promise<never>(() => {})

const played = {
  double: (async (value) => value * 2) satisfies Task<number, number>,
  echo: (async (bytes) => bytes) satisfies Task<Uint8Array, Uint8Array>,
  fail: (async () => {
    throw new DomainError('storage.full', 'exhausted', 'no room', {
      details: { location: 'b' },
      cause: new Error('552'),
    })
  }) satisfies Task<null, never>,
  exit: (async () => process.exit(3)) satisfies Task<null, never>,
  throwLate: (async () => {
    setTimeout(() => {
      throw new Error('nobody caught this')
    })
    return forever
  }) satisfies Task<null, never>,
  fillHeap: (async () => {
    const kept: object[] = []
    for (;;) kept.push(Array.from({ length: 10_000 }, () => ({})))
  }) satisfies Task<null, never>,
  untilAborted: ((_input, { signal }) =>
    new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    })) satisfies Task<null, never>,
  deaf: (() => forever) satisfies Task<null, never>,
  count: (async (to, { progress }) => {
    for (let at = 1; at <= to; at++) progress(at)
    return to
  }) satisfies Task<number, number, number>,
  sum: (async (pages, { ask, log }) => {
    let sum = 0
    for (let page = 0; page < pages; page++) sum += await ask('page', page)
    log.info({ sum, err: new Error('seen') }, 'summed')
    return sum
  }) satisfies Task<number, number, never, { page: (page: number) => Promise<number> }>,
}
export type Played = typeof played

if (parentPort) serveTasks(parentPort, played)
