import { DomainError } from '@holdfast/errors'
import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, expect, test, vi } from 'vitest'
import { checkSize, maxMessageBytes } from './protocol.ts'
import type { Played } from './testing/played-thread.ts'
import { openThread, type Work, WorkBusy, WorkLost, type WorkOptions } from './work.ts'

const module = new URL('./testing/played-thread.ts', import.meta.url)
let open: Work<Played> | undefined
afterEach(() => open?.stop())

function started(options: Partial<WorkOptions> = {}): Work<Played> {
  const telemetry = createTelemetry('test', { level: 'silent' })
  open = openThread<Played>(module, { telemetry, ...options })
  return open
}

test('a task answers, and its bytes come across', async () => {
  const work = started()
  expect(await work.run('double', 21)).toBe(42)
  expect(await work.run('echo', Uint8Array.of(1, 2, 3))).toEqual(Uint8Array.of(1, 2, 3))
})

test('an error arrives as it was thrown', async () => {
  const failed = await started()
    .run('fail', null)
    .catch((error: unknown) => error)
  expect(failed).toBeInstanceOf(DomainError)
  expect(failed).toMatchObject({
    code: 'storage.full',
    kind: 'exhausted',
    message: 'no room',
    details: { location: 'b' },
    cause: { message: '552' },
  })
})

test.each(['exit', 'throwLate', 'fillHeap'] as const)(
  'a thread that ends (%s) rejects what it did and is started anew',
  async (how) => {
    const work = started({ maxHeapMb: 48 })
    const other = work.run('untilAborted', null)
    const both = Promise.allSettled([work.run(how, null), other])
    for (const each of await both) {
      expect(each.status === 'rejected' && WorkLost.is(each.reason)).toBe(true)
    }
    expect(await work.run('double', 2)).toBe(4)
  },
)

test('an abort reaches the task and leaves the thread alone', async () => {
  const work = started()
  const ending = new AbortController()
  const waiting = work.run('untilAborted', null, { signal: ending.signal })
  const beside = work.run('untilAborted', null)
  beside.catch(() => {})
  await work.run('double', 1)
  ending.abort(new Error('enough'))
  await expect(waiting).rejects.toThrow('enough')
  expect(await work.run('double', 3)).toBe(6)
  await expect(work.run('double', 1, { signal: ending.signal })).rejects.toThrow('enough')
})

test('a task that does not listen to the abort takes the thread down', async () => {
  const work = started({ abortMs: 50 })
  const ending = new AbortController()
  const beside = work.run('untilAborted', null)
  const deaf = work.run('deaf', null, { signal: ending.signal })
  await work.run('double', 1)
  ending.abort(new Error('enough'))
  await expect(deaf).rejects.toThrow('enough')
  await expect(beside).rejects.toThrow('the work thread ended')
  expect(await work.run('double', 3)).toBe(6)
})

test('progress tells the newest, and the last before the end', async () => {
  const seen: number[] = []
  await started().run('count', 100_000, { onProgress: (at) => seen.push(at) })
  expect(seen.at(-1)).toBe(100_000)
  expect(seen.length).toBeLessThan(50)
})

test('a task asks page after page, and a refused answer reaches it', async () => {
  const work = started()
  const pages: number[] = []
  const page = async (at: number): Promise<number> => {
    pages.push(at)
    return at * 10
  }
  expect(await work.run('sum', 4, { answers: { page } })).toBe(60)
  expect(pages).toEqual([0, 1, 2, 3])
  const refuse = () => Promise.reject(new DomainError('x.y', 'not_found', 'no page'))
  await expect(work.run('sum', 1, { answers: { page: refuse } })).rejects.toMatchObject({
    code: 'x.y',
  })
})

test('what is too large is refused before it is handed over', async () => {
  const work = started()
  await expect(work.run('echo', new Uint8Array(maxMessageBytes + 1))).rejects.toThrow(
    'the input of echo is larger',
  )
  expect(() => checkSize({ a: [new Map([['b', 'x'.repeat(100)]])] }, 'it')).not.toThrow()
})

test('more than it can do at once is refused, and stopping rejects the rest', async () => {
  const work = started()
  const all = Array.from({ length: 64 }, () => work.run('untilAborted', null))
  const ends = Promise.allSettled(all)
  const refused = await work.run('double', 1).catch((error: unknown) => error)
  expect(WorkBusy.is(refused)).toBe(true)
  await work.stop()
  await vi.waitFor(async () => {
    for (const each of await ends) expect(each.status).toBe('rejected')
  })
})
