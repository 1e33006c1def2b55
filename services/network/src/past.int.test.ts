import { type InterfaceId, newId, type OrganizationId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { Commit } from '@holdfast/event-log'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { interfaceCodec } from './codecs/interface-codec.ts'
import { networkInterface } from './domain/interface.ts'
import type { InterfaceState } from './domain/interface-state.ts'
import { randomLife } from './testing/random-life.ts'
import { type CallOptions, person, type Suite, startSuite } from './testing/suite.ts'

// What was shown at a moment is what `at` shows of it later, and both are what a replay up to it says.

const seed = Number(process.env['HOLDFAST_PAST_SEED'] ?? 20_261_121)
const commands = 1_200
const moments = 220

let suite: Suite
const organizations = [newId<OrganizationId>(), newId<OrganizationId>()]

beforeAll(async () => {
  suite = await startSuite()
}, 120_000)
afterAll(async () => await suite?.close())

/** Of hosts, not of the log: absent from answers about the past. */
const telemetry = new Set(['status', 'enforcement', 'firewallReport'])
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, inner: unknown) => (telemetry.has(key) ? undefined : inner)),
  )

interface Seen {
  readonly sequence: bigint
  readonly nodes: unknown
  readonly interfaces: unknown
  readonly peers: unknown
  /** By id of peer or interface. */
  readonly configs: ReadonlyMap<string, string>
}

/** Everything one can ask for, now or as of a moment. */
async function look(
  wanted: readonly string[],
  options: CallOptions = {},
): Promise<Omit<Seen, 'sequence'>> {
  const { nodes } = await suite.nodes.listNodes({ limit: 1000 }, options)
  const { interfaces } = await suite.interfaces.listInterfaces({ limit: 1000 }, options)
  const { peers } = await suite.peers.listPeers({ limit: 1000 }, options)
  const configs = new Map<string, string>()
  for (const id of wanted) {
    const isPeer = peers?.some((peer) => peer.id === id) === true
    const { config } = isPeer
      ? await suite.peers.getPeerConfig({ peer: id }, options)
      : await suite.interfaces.exportInterface({ id }, options)
    configs.set(id, config ?? '')
  }
  return { nodes: plain(nodes), interfaces: plain(interfaces), peers: plain(peers), configs }
}

/** What a random life looked like at random moments. */
async function live(): Promise<readonly Seen[]> {
  const nodes: string[] = []
  for (const [i, organization] of [...organizations, ...organizations].entries()) {
    nodes.push((await suite.enroll(organization, `gw-${i}`)).nodeId)
  }
  const life = randomLife(suite, nodes, seed)
  const seen: Seen[] = []
  for (let i = 0; i < commands; i++) {
    await life.step()
    if (life.roll() >= moments / commands && commands - i > moments - seen.length) continue
    await suite.settled()
    const wanted = [life.anyPeer()?.[1], life.anyInterface()].filter((id) => id !== undefined)
    seen.push({ sequence: await suite.log.head(), ...(await look(wanted)) })
  }
  return seen
}

/** The interfaces after each of these sequences, by folding commits and nothing else. */
async function* replays(
  sequences: readonly bigint[],
): AsyncGenerator<ReadonlyMap<string, InterfaceState>> {
  const states = new Map<string, InterfaceState>()
  let next = 1n
  for (const until of sequences) {
    for (; next <= until; next++) {
      const commit: Commit | undefined = await suite.log.read(next)
      if (!commit) throw new Error(`no commit ${next}`)
      if (commit.aggregateType !== 'interface') continue
      let state = states.get(commit.aggregateId) ?? networkInterface.initial()
      for (const stored of commit.events) {
        state = networkInterface.evolve(state, interfaceCodec.decode(stored))
      }
      states.set(commit.aggregateId, state)
    }
    yield states
  }
}

test(`what ${moments} moments looked like is what they look like in hindsight (seed ${seed})`, async () => {
  const seen = await live()
  expect(seen.length).toBeGreaterThanOrEqual(200)
  await suite.settled()
  let place = 0
  for await (const states of replays(seen.map(({ sequence }) => sequence))) {
    const then = seen[place++]
    if (!then) throw new Error('as many replays as moments')
    const again = await look([...then.configs.keys()], { at: then.sequence })
    expect({ sequence: then.sequence, ...again }).toEqual(then)

    const alive = [...states.values()].filter(({ exists, isDeleted }) => exists && !isDeleted)
    const peers = alive.flatMap((state) =>
      [...state.peers.values()].map(
        (peer) => `${peer.id} ${peer.settings.name} ${peer.publicKey} ${peer.revision}`,
      ),
    )
    const shown = (
      again.peers as { id: InterfaceId; name: string; publicKey: string; revision: number }[]
    ).map(({ id, name, publicKey, revision }) => `${id} ${name} ${publicKey} ${revision}`)
    expect(shown.sort()).toEqual(peers.sort())
    const counts = (again.interfaces as { publicKey: string; peerCount?: number }[]).map(
      ({ publicKey, peerCount = 0 }) => `${publicKey} ${peerCount}`,
    )
    expect(counts.sort()).toEqual(
      alive.map((state) => `${state.publicKey} ${state.peers.size}`).sort(),
    )
  }
}, 300_000)

test('the past is read under the rights of now, and its secrets under one of their own', async () => {
  const at = await suite.log.head()
  const [mine, others] = organizations
  const operator = { caller: person('OPERATOR', mine ?? ''), at }
  const { peers } = await suite.peers.listPeers({ limit: 1000 }, operator)
  expect(peers?.length).toBeGreaterThan(0)
  expect(peers?.every(({ organizationId }) => organizationId === mine)).toBe(true)
  const peer = peers?.[0]?.id ?? ''
  await expect(
    suite.peers.getPeerConfig({ peer }, { caller: operator.caller }),
  ).resolves.toBeDefined()
  await expect(suite.peers.getPeerConfig({ peer }, operator)).rejects.toThrow('access.denied')
  const stranger = { caller: person('ORG_ADMIN', others ?? ''), at }
  await expect(suite.peers.getPeer({ peer }, stranger)).rejects.toMatchObject({
    code: 'network.peer_not_found',
  })
  await expect(
    suite.peers.listPeers({ status: 3 }, { at }).catch((error: unknown) => {
      throw error instanceof DomainError ? new Error(error.code) : error
    }),
  ).rejects.toThrow('invalid')
})
