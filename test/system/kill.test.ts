import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Api } from './api.ts'
import { Refused } from './api.ts'
import { createNetwork, missingForTunnels, type Network } from './namespaces.ts'
import { readLog } from './read-log.ts'
import { dropReadModels, projectionsOf } from './read-models.ts'
import { type Suite, startSuite } from './suite.ts'
import { Final, until } from './until.ts'
import { startClient, type WireGuardClient } from './wireguard-client.ts'

// SIGKILL of each process under write load. HOLDFAST_KILL_ROUNDS=200 makes it a long run; the seed is printed.
const rounds = Number(process.env['HOLDFAST_KILL_ROUNDS'] ?? 20)
const seed = Number(process.env['HOLDFAST_KILL_SEED'] ?? Date.now() % 1_000_000)
const victims = [
  'nats',
  'postgres',
  'auth',
  'network',
  'rules',
  'audit',
  'backup',
  'gateway',
  'node-agent',
] as const

const missing = missingForTunnels()
if (missing) console.log(`skipped: kill rounds (${missing})`)

/** Small and repeatable (mulberry32): which process dies when is given by the seed. */
function random(start: number): () => number {
  let state = start
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

interface Acknowledged {
  readonly id: string
  readonly name: string
  readonly sequence: string
}

describe.skipIf(missing !== undefined)('killing anything', () => {
  let network: Network
  let suite: Suite
  let api: Api
  let client: WireGuardClient
  const device = `hfk${process.pid % 10_000}`

  beforeAll(async () => {
    network = createNetwork()
    suite = await startSuite({
      namespace: network.server,
      address: network.serverAddress,
      localNode: true,
    })
    api = await suite.admin()
    await api.post('/interfaces', {
      name: device,
      addresses: ['10.80.0.1/16'],
      listen_port: 51_841,
      endpoint: network.uplinkAddress,
    })
    const peer = await api.post<{ id: string }>(`/interfaces/${device}/peers`, { name: 'witness' })
    client = startClient(
      network,
      await api.text(`/peers/${peer.id}/config`),
      `hfq${process.pid % 10_000}`,
    )
    await until('the tunnel is up', () => client.ping('10.80.0.1', { seconds: 1 }))
  })
  afterAll(async () => {
    client?.remove()
    await suite?.remove()
    network?.remove()
  })

  test(`${rounds} times under write load loses nothing`, async () => {
    console.log(`seed ${seed}`)
    const next = random(seed)
    const acknowledged: Acknowledged[] = []
    let isWriting = true
    let retries = 0

    /** One writer: a command is repeated with its key until it is answered, as a careful client does. */
    const write = async (writer: number): Promise<void> => {
      for (let n = 0; isWriting; n += 1) {
        const name = `w${writer}-${n}`
        const answer = await until(
          `${name} is acknowledged`,
          async () => {
            try {
              return await api.call<{ id: string }>(
                'POST',
                `/interfaces/${device}/peers`,
                { name },
                { 'idempotency-key': `kill-${name}` },
              )
            } catch (error) {
              // A refusal that is final would be a lost command: only "try again" is taken for an answer.
              if (error instanceof Refused && error.status < 500 && error.status !== 429) {
                throw new Final(error)
              }
              retries += 1
              return undefined
            }
          },
          { timeoutMs: 60_000, everyMs: 50 },
        )
        acknowledged.push({
          id: answer.body.id,
          name,
          sequence: answer.headers.get('holdfast-sequence') ?? '',
        })
      }
    }
    const writers = [0, 1, 2, 3].map(write)
    const failed = Promise.race(writers.map((writer) => writer.then(() => undefined)))

    let lostPings = 0
    for (let round = 0; round < rounds; round += 1) {
      const victim =
        victims[round < victims.length ? round : Math.floor(next() * victims.length)] ?? 'nats'
      const pid = await until(`${victim} runs`, () => suite.pid(victim))
      const before = acknowledged.length
      await Promise.race([
        until('writes flow', () => acknowledged.length > before + 2, { timeoutMs: 60_000 }),
        failed,
      ])
      process.kill(pid, 'SIGKILL')
      if (!client.ping('10.80.0.1', { seconds: 1 })) lostPings += 1
      await until(`${victim} is back`, () => (suite.pid(victim) ?? pid) !== pid, {
        timeoutMs: 60_000,
      })
      const since = acknowledged.length
      await Promise.race([
        until(`writes flow again after ${victim}`, () => acknowledged.length > since + 2, {
          timeoutMs: 60_000,
        }),
        failed,
      ])
    }
    isWriting = false
    await Promise.all(writers)
    console.log(
      `${rounds} kills, ${acknowledged.length} acknowledged commands, ${retries} repeated calls`,
    )

    const last = acknowledged.reduce(
      (max, { sequence }) => (BigInt(sequence) > max ? BigInt(sequence) : max),
      0n,
    )
    const commits = await until('the log can be read', () => readLog(api, last))
    const added = new Map<string, number>()
    for (const { events } of commits) {
      for (const { type, data } of events) {
        if (type === 'PeerAdded')
          added.set(String(data['peer_id']), (added.get(String(data['peer_id'])) ?? 0) + 1)
      }
    }
    expect(acknowledged.filter(({ id }) => added.get(id) !== 1)).toEqual([])
    expect([...added.values()].every((times) => times === 1)).toBe(true)

    const listed = await api.all<{ id: string; addresses: string[] }>(`/peers?min_seq=${last}`)
    const ids = new Set(listed.map(({ id }) => id))
    expect(acknowledged.filter(({ id }) => !ids.has(id))).toEqual([])
    expect(new Set(listed.flatMap(({ addresses }) => addresses)).size).toBe(listed.length)
    expect(lostPings).toBe(0)
    expect(client.ping('10.80.0.1')).toBe(true)
    await until(
      'the host enforces what is saved',
      async () => {
        const keys = network
          .exec(network.server, 'wg', 'show', device, 'peers')
          .trim()
          .split('\n').length
        return keys === listed.length
      },
      { timeoutMs: 60_000, everyMs: 200 },
    )

    const inside = async (url: string): Promise<string> =>
      network.exec(
        network.server,
        process.execPath,
        '-e',
        'fetch(process.argv[1]).then((r) => r.text()).then((t) => process.stdout.write(t))',
        url,
      )
    const lived = await projectionsOf(suite, inside)
    await suite.stop()
    dropReadModels(suite)
    await suite.start()
    expect(await projectionsOf(suite, inside)).toEqual(lived)
    expect(client.ping('10.80.0.1')).toBe(true)
  })
})
