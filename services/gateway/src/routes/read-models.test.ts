import { holdfast } from '@holdfast/proto'
import { expect, test } from 'vitest'
import { bearer, fakeGateway } from '../testing/fake-gateway.ts'

const { CheckState, GetCheckResponse } = holdfast.ops.v1

async function gateway(said: readonly { service: string; answer?: object; reason?: string }[]) {
  const { app } = await fakeGateway({
    readModels: {
      getCheck: async () =>
        said.map(({ service, answer, reason }) => ({
          service,
          ...(answer ? { answer: new GetCheckResponse(answer) } : {}),
          ...(reason === undefined ? {} : { reason }),
        })),
    },
  })
  const answer = await app.inject({
    method: 'GET',
    url: '/api/v1/operator/read-models/check',
    headers: bearer(),
  })
  return answer.json<{ state: string; started_at: string; finished_at: string; items: object[] }>()
}

const check = (state: number, more: object = {}, finishedAtUnixMs = 2_000) => ({
  check: {
    id: 'x',
    startedAtUnixMs: 1_000,
    finishedAtUnixMs,
    readModels: [{ name: 'network.peers', state, sequence: 7, goal: 7, seconds: 1.5, ...more }],
  },
})

test('before the first check there is none, and says so', async () => {
  expect(await gateway([{ service: 'network', answer: {} }])).toEqual({
    state: 'none',
    started_at: null,
    finished_at: null,
    items: [],
    silent: [],
  })
})

test('while one service is at it, all of it runs', async () => {
  const said = await gateway([
    { service: 'network', answer: check(CheckState.CHECK_STATE_EQUAL) },
    { service: 'rules', answer: check(CheckState.CHECK_STATE_RUNNING, {}, 0) },
  ])
  expect(said).toMatchObject({ state: 'running', finished_at: null })
})

test('a difference outweighs what could not be compared, and that outweighs what is equal', async () => {
  const equal = { service: 'network', answer: check(CheckState.CHECK_STATE_EQUAL) }
  const failed = { service: 'rules', answer: check(CheckState.CHECK_STATE_FAILED, { error: 'no' }) }
  const difference = {
    table: 'peers',
    key: { peer_id: 'p' },
    kind: 'changed',
    columns: ['name'],
    rows: 2,
  }
  const different = {
    service: 'auth',
    answer: check(CheckState.CHECK_STATE_DIFFERENT, { difference }),
  }
  expect((await gateway([equal])).state).toBe('equal')
  expect((await gateway([equal, failed])).state).toBe('failed')
  expect((await gateway([equal, { service: 'audit', reason: 'is away' }])).state).toBe('failed')
  const all = await gateway([equal, failed, different])
  expect(all.state).toBe('different')
  expect(all.items[2]).toEqual({
    service: 'auth',
    name: 'network.peers',
    state: 'different',
    sequence: '7',
    goal: '7',
    seconds: 1.5,
    difference: { ...difference, rows: '2' },
    error: '',
  })
})
