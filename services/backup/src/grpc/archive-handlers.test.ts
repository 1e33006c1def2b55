import { DomainError } from '@holdfast/errors'
import type { LogKeeper } from '@holdfast/log-guard'
import { holdfast } from '@holdfast/proto'
import type { Call } from '@holdfast/service'
import { createTelemetry } from '@holdfast/telemetry'
import { expect, test } from 'vitest'
import { stateWith } from '../testing/state.ts'
import { archiveHandlers } from './archive-handlers.ts'

const { log } = createTelemetry('test', { level: 'silent' })
const { WriteState } = holdfast.backup.v1

/** As far as these handlers look at a call. */
const callOf = (where: '*' | readonly string[]): Call =>
  ({
    caller: { organizations: () => where, actor: { kind: 'user', id: 'u1' } },
    signal: new AbortController().signal,
  }) as unknown as Call
const operator = callOf('*')

function guarded(more: Parameters<typeof stateWith>[0] = {}) {
  const repairs: unknown[] = []
  const keeper: Pick<LogKeeper, 'state' | 'verify' | 'repair'> = {
    state: () => stateWith(more),
    verify: async () => ({
      isEqual: false,
      compared: 9n,
      firstBadSequence: 7n,
      detail: 'commit 7 differs',
      tookMs: 3.6,
    }),
    repair: async (decision) => {
      repairs.push(decision)
      return stateWith()
    },
  }
  return { repairs, handlers: archiveHandlers({ keeper: async () => keeper, log }) }
}

const codeOf = async (work: () => unknown): Promise<string> => {
  try {
    await work()
    return 'nothing'
  } catch (error) {
    return error instanceof DomainError ? error.code : String(error)
  }
}

test('the state is printed whole', async () => {
  const { handlers } = guarded({
    writes: 'frozen',
    reason: 'commit 7 is another',
    firstBadSequence: 7n,
    incidents: [{ atUnixMs: 5, kind: 'frozen', detail: 'd', firstSequence: 7n, lastSequence: 0n }],
    volumes: [
      {
        name: 'log',
        directory: '/d',
        freeBytes: 10n,
        totalBytes: 20n,
        reserveBytes: 2n,
        isExhausted: false,
      },
    ],
  })
  const { state } = await handlers.getLogState(
    new holdfast.backup.v1.GetLogStateRequest(),
    operator,
  )
  expect(state).toMatchObject({
    writes: WriteState.WRITE_STATE_FROZEN,
    reason: 'commit 7 is another',
    firstBadSequence: 7,
    lastSequence: 1042,
    durability: 'log+archive',
    incidents: [{ kind: 'frozen', firstSequence: 7, lastSequence: 0 }],
    volumes: [{ name: 'log', freeBytes: 10, reserveBytes: 2 }],
  })
})

test('a comparison tells the first bad sequence', async () => {
  const { handlers } = guarded()
  expect(
    await handlers.verifyLog(new holdfast.backup.v1.VerifyLogRequest(), operator),
  ).toMatchObject({ isEqual: false, compared: 9, firstBadSequence: 7, tookMs: 4 })
})

test('a repair names the commit and one of the two copies', async () => {
  const { handlers, repairs } = guarded()
  const asked = (trusted: string) =>
    handlers.repairLog(
      new holdfast.backup.v1.RepairLogRequest({ firstBadSequence: 7, trusted }),
      operator,
    )
  expect(await codeOf(() => asked('both'))).toBe('invalid')
  expect(repairs).toEqual([])
  await asked('archive')
  expect(repairs).toEqual([{ firstBad: 7n, trusted: 'archive' }])
})

test('whoever has the permission in some organizations only has it for none of this', async () => {
  const { handlers, repairs } = guarded()
  const call = callOf(['o1'])
  const { GetLogStateRequest, RepairLogRequest, VerifyLogRequest } = holdfast.backup.v1
  const refused = 'access.denied'
  expect(await codeOf(() => handlers.getLogState(new GetLogStateRequest(), call))).toBe(refused)
  expect(await codeOf(() => handlers.verifyLog(new VerifyLogRequest(), call))).toBe(refused)
  const repair = new RepairLogRequest({ firstBadSequence: 7, trusted: 'log' })
  expect(await codeOf(() => handlers.repairLog(repair, call))).toBe(refused)
  expect(repairs).toEqual([])
})
