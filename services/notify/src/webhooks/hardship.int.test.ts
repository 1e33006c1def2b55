import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { sql } from '@holdfast/postgres'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type Instance,
  organizationA,
  type Receiver,
  type Suite,
  startReceiver,
  startSuite,
  until,
} from '../testing/webhook-suite.ts'

// What is dear to try: processes that are killed, and very many messages. Each test has a suite of its own.

let suite: Suite
const receivers: Receiver[] = []

beforeEach(async () => {
  suite = await startSuite()
})
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close()
  await suite.close()
})

const receive = async (): Promise<Receiver> => {
  const receiver = await startReceiver()
  receivers.push(receiver)
  return receiver
}

async function create(instance: Instance, name: string, url: string): Promise<string> {
  const { webhook } = await instance.webhooks.createWebhook({
    organizationId: organizationA,
    settings: { name, url, actions: ['network.peer'], isEnabled: true },
  })
  return webhook?.id ?? ''
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `p${i}`)

async function follows(): Promise<void> {
  await until(async () => {
    const rows = await suite.postgres.query(sql`select from notify.webhook_position`)
    return rows.length === 1
  }, 'a position')
}

async function startChild(): Promise<ChildProcess> {
  const file = fileURLToPath(new URL('../testing/webhook-child.fixture.ts', import.meta.url))
  const child = fork(file, {
    execArgv: ['--import', 'tsx', '--conditions', '@holdfast/source'],
    env: {
      ...process.env,
      ...suite.nats.environment('notify'),
      TEST_POSTGRES_URL: suite.pg.url('notify').reveal(),
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code) => reject(new Error(`the child ended with ${code}`)))
  })
  return child
}

const kill = async (child: ChildProcess): Promise<void> => {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

test('a process killed in the middle of a delivery: everything arrives, in order, with the same ids', async () => {
  const receiver = await receive()
  // Slow enough that a kill finds a delivery under way: the request has arrived and is not answered yet.
  receiver.answer = () => ({ status: 204, afterMs: 15 })
  const writer = suite.instance()
  await create(writer, 'hook', receiver.url)
  await suite.projections.reached(await suite.log.head())
  let child = await startChild()
  await follows()
  const all = names(200)
  await suite.addPeers(all, organizationA)
  let kills = 0
  for (const arrived of [20, 60, 110, 150]) {
    await until(() => receiver.requests.length >= arrived + kills, `${arrived} requests`)
    await kill(child)
    kills++
    child = await startChild()
  }
  await until(() => new Set(receiver.taken.map(({ name }) => name)).size === all.length, 'all')
  await kill(child)

  // At least once, and what came twice came with its id.
  const idsByName = new Map<string, Set<string>>()
  for (const { name, id } of receiver.requests)
    idsByName.set(name, (idsByName.get(name) ?? new Set()).add(id))
  expect([...idsByName.values()].every((ids) => ids.size === 1)).toBe(true)
  expect(new Set(receiver.requests.map(({ id }) => id)).size).toBe(all.length)
  // Nothing overtakes: with what came again left out, it is the order of the log; what comes again is the last one.
  const order = receiver.requests.map(({ name }) => all.indexOf(name))
  for (const [i, place] of order.entries()) expect(place - (order[i - 1] ?? -1)).toBeOneOf([0, 1])
  const repeated = receiver.requests.length - all.length
  expect(repeated).toBeGreaterThanOrEqual(1)
  expect(repeated).toBeLessThanOrEqual(kills)
}, 180_000)

/** HOLDFAST_WEBHOOK_EVENTS=10000 is the measurement; the order shows with fewer. */
const events = Number(process.env['HOLDFAST_WEBHOOK_EVENTS'] ?? 1_500)

test('messages to three endpoints: one that is slow and one that is dead hold nobody up', async () => {
  const [good, slow, dead] = [await receive(), await receive(), await receive()]
  slow.answer = () => ({ status: 204, afterMs: 200 })
  const deadUrl = dead.url
  await dead.close()
  receivers.splice(receivers.indexOf(dead), 1)
  const notify = suite.instance({ schedule: [500, 1_000, 3_600_000] })
  notify.start()
  await follows()
  await create(notify, 'good', good.url)
  const slowId = await create(notify, 'slow', slow.url)
  const deadId = await create(notify, 'dead', deadUrl)

  const all = names(events)
  const begin = performance.now()
  for (let at = 0; at < all.length; at += 500)
    await suite.addPeers(all.slice(at, at + 500), organizationA, 25)
  const written = performance.now()
  await until(() => good.taken.length === all.length, 'all at the good one', 500_000)
  const done = performance.now()
  expect(good.taken.map(({ name }) => name)).toEqual(all)
  expect(good.mostAtOnce()).toBe(1)

  const standing = async (id: string) => (await notify.webhooks.getWebhook({ webhook: id })).webhook
  const [slowly, never] = [await standing(slowId), await standing(deadId)]
  expect(slow.taken.map(({ name }) => name)).toEqual(all.slice(0, slow.taken.length))
  expect(slow.taken.length).toBeGreaterThan(0)
  expect(slowly?.pending).toBeGreaterThan(events / 10)
  expect(never).toMatchObject({ dead: 0, pending: all.length })

  // One more, now that both have thousands waiting.
  const before = performance.now()
  await suite.addPeers(['last'], organizationA)
  await until(() => good.taken.at(-1)?.name === 'last', 'one more')
  const lagMs = Math.round(performance.now() - before)
  const seconds = (ms: number): string => (ms / 1000).toFixed(1)
  console.log(
    `${events} events written in ${seconds(written - begin)} s, at the good endpoint after ${seconds(done - begin)} s ` +
      `(${Math.round((all.length / (done - begin)) * 1000)}/s); slow took ${slow.taken.length}, ` +
      `${never?.pending} wait for the dead one; then one more took ${lagMs} ms`,
  )
  expect(lagMs).toBeLessThan(3_000)
  await notify.stop()
}, 600_000)
