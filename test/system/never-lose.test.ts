import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, Refused, signIn } from './api.ts'
import { enrollSilentNode } from './enroll.ts'
import { readLog } from './read-log.ts'
import { projectionsOf } from './read-models.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'

// Each of the two copies of the log is lost in turn, then both.

interface LogState {
  readonly writes: string
  readonly reason: string
  readonly first_bad_sequence: string | null
  readonly last_sequence: string
  readonly archived_sequence: string
  readonly durability: string
  readonly incidents: readonly { readonly kind: string }[]
}

let suite: Suite
let api: Api
let node: string
beforeAll(async () => {
  suite = await startSuite()
  api = await suite.admin()
  node = await enrollSilentNode(api, 'gw')
  await api.post('/interfaces', {
    name: 'wg0',
    node_id: node,
    addresses: ['10.95.0.1/24'],
    listen_port: 51_950,
  })
  for (let n = 0; n < 30; n += 1) await api.post('/interfaces/wg0/peers', { name: `peer-${n}` })
})
afterAll(() => suite?.remove())

const state = (): Promise<LogState> => api.get<LogState>('/operator/log')
const store = (): string => join(suite.data, 'nats/store')
const archive = (): string => join(suite.data, 'archive')

/** Everything the suite shows of the log, and where the next commit goes. */
async function everything() {
  const { last_sequence: last } = await state()
  return { last, commits: await readLog(api, BigInt(last)), models: await projectionsOf(suite) }
}

/** All of it is there as it was; what came since is at most an alert about the damage. */
async function expectKept(before: Awaited<ReturnType<typeof everything>>): Promise<void> {
  const { commits, models } = await everything()
  expect(commits.slice(0, before.commits.length)).toEqual(before.commits)
  expect(models).toEqual(before.models)
  const since = commits.slice(before.commits.length).flatMap(({ events }) => events)
  expect(since.every(({ type }) => type.startsWith('Alert'))).toBe(true)
}

async function again(damage: () => void): Promise<void> {
  await suite.stop()
  damage()
  await suite.start()
  api = await suite.admin()
}

test('what is acknowledged stands in both copies', async () => {
  const answer = await api.call('POST', '/interfaces/wg0/peers', { name: 'both' })
  const sequence = answer.headers.get('holdfast-sequence') ?? ''
  const { writes, durability, archived_sequence: archived } = await state()
  expect({ writes, durability }).toEqual({ writes: 'open', durability: 'log+archive' })
  expect(Number(archived)).toBeGreaterThanOrEqual(Number(sequence))
  expect(readdirSync(archive(), { recursive: true }).join()).toMatch(/open-\d+\.hfs/)
})

test('a store that was emptied is filled from the archive, commit by commit', async () => {
  const before = await everything()
  await again(() => rmSync(store(), { recursive: true }))
  await expectKept(before)
  expect((await state()).incidents.map(({ kind }) => kind)).toContain('log_healed')
  const next = await api.call('POST', '/interfaces/wg0/peers', { name: 'after' })
  expect(Number(next.headers.get('holdfast-sequence'))).toBeGreaterThan(Number(before.last))
})

test('an archive that was lost is written again from the log', async () => {
  const before = await everything()
  await again(() => rmSync(archive(), { recursive: true }))
  await expectKept(before)
  const { incidents, archived_sequence: archived } = await state()
  expect(incidents.map(({ kind }) => kind)).toContain('archive_healed')
  expect(archived).toBe(before.last)
})

test('with both lost nothing is written, and the rest works: sign-in, reads, the state of the log', async () => {
  const { last_sequence: last } = await state()
  const peers = await api.all('/peers')
  await again(() => {
    rmSync(store(), { recursive: true })
    rmSync(archive(), { recursive: true })
  })
  expect(suite.said()).toMatch(/nothing can be changed/)
  const frozen = await until('the verdict', async () => {
    const found = await state()
    return found.writes === 'frozen' && found
  })
  expect(frozen.first_bad_sequence).toBe('1')
  expect(frozen.reason).not.toBe('')

  const fresh = await signIn(suite.url, 'admin', suite.password)
  expect(await fresh.all('/peers')).toEqual(peers)
  const refused = await fresh.post('/interfaces/wg0/peers', { name: 'late' }).catch((e) => e)
  expect(refused).toBeInstanceOf(Refused)
  expect((refused as Refused).status).toBe(503)
  expect((refused as Refused).problem.detail).toContain('1')
  expect((await state()).last_sequence).toBe('0')
  expect(Number(last)).toBeGreaterThan(0)
})
