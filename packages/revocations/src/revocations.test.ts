import { decodeCommit, encodeCommit, type PlacedCommit, subjectOf } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type UserFacts, users } from './auth-kinds.ts'
import { event } from './kind.ts'
import { revocations } from './revocations.ts'

const auth = holdfast.auth.v1
const network = holdfast.network.v1
const audit = holdfast.audit.v1

const lineageId = id(1)
const facts = {
  lineageId,
  generation: 2,
  restoreId: id(2),
  restoredAtUnixMs: 1_790_000_000_000,
  actor: { kind: 'service', id: 'restore' },
  causationId: id(3),
} as const

function id(n: number): string {
  return `01930000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
}

/** A log of one-commit steps. */
class Log {
  readonly commits: PlacedCommit[] = []
  readonly #versions = new Map<string, bigint>()

  add(context: string, type: string, of: string, ...events: ReturnType<typeof event>[]): this {
    const subject = subjectOf(context, type, of)
    const version = this.#versions.get(subject) ?? 1n
    this.#versions.set(subject, version + BigInt(events.length))
    const sequence = BigInt(this.commits.length + 1)
    const commitId = id(0x10000 + this.commits.length)
    const bytes = encodeCommit({
      ...{ commitId, lineageId, generation: 1, aggregateType: type, aggregateId: of },
      ...{ aggregateVersion: version, actor: facts.actor, commandId: commitId, events },
      ...{ correlationId: commitId, timeUnixUs: 1n, organizationId: id(9) },
    })
    this.commits.push({ sequence, subject, commitId, bytes })
    return this
  }

  /** What is appended after a restore to `point`. */
  restoreTo(point: number) {
    const carried = revocations(facts)
    for (const commit of this.commits.slice(point)) carried.lost(commit)
    for (const commit of this.commits.slice(0, point)) carried.kept(commit)
    const { commits, notes } = carried.finish(BigInt(point) + 2n)
    return { notes, commits: commits.map((commit) => decodeCommit(commit)) }
  }
}

const short = (commits: readonly ReturnType<typeof decodeCommit>[]) =>
  commits.map(({ aggregateType, aggregateId, events }) => [
    `${aggregateType} ${aggregateId.slice(-2)}`,
    ...events.map(({ type }) => type),
  ])

const none = Buffer.alloc(0)
const created = event('UserCreated', auth.UserCreated.encode({}).finish())
const binding = (role: number, organizationId = '') => ({ role, organizationId })
const granted = (role: number, of?: string) =>
  event('RoleGranted', auth.RoleGranted.encode({ binding: binding(role, of) }).finish())
const revoked = (role: number, of?: string) =>
  event('RoleRevoked', auth.RoleRevoked.encode({ binding: binding(role, of) }).finish())
const disabled = event('UserDisabled', none)
const enabled = event('UserEnabled', none)
const erased = event('UserErased', none)
const destroyed = (ownerId: string) =>
  event('DataKeyDestroyed', auth.DataKeyDestroyed.encode({ ownerId, kinds: ['person'] }).finish())
const password = (n: number) =>
  event(
    'PasswordChanged',
    auth.PasswordChanged.encode({
      passwordHash: { keyId: id(7), nonce: Uint8Array.of(n), ciphertext: Uint8Array.of(n) },
    }).finish(),
  )
const superAdmin = auth.Role.ROLE_SUPER_ADMIN
const viewer = auth.Role.ROLE_VIEWER

test('people: forgotten, disabled and demoted ones stay so, with the newest password', () => {
  const log = new Log()
    .add('auth', 'user', id(0xa0), created, granted(superAdmin))
    .add('auth', 'user', id(0xa1), created, granted(viewer, id(9)))
    .add('auth', 'user', id(0xa2), created, password(1))
    .add('auth', 'user', id(0xa3), created)
  log
    .add('auth', 'user', id(0xa1), revoked(viewer, id(9)))
    .add('auth', 'user', id(0xa2), password(2))
    .add('auth', 'user', id(0xa2), disabled)
    .add('auth', 'user', id(0xa3), erased, destroyed(id(0xa3)))
    .add('auth', 'user', id(0xa4), created, disabled)
  const { commits, notes } = log.restoreTo(4)
  expect(notes).toEqual([])
  expect(short(commits).sort()).toEqual([
    ['user a1', 'RoleRevoked'],
    ['user a2', 'UserDisabled', 'PasswordChanged'],
    ['user a3', 'UserErased', 'DataKeyDestroyed'],
  ])
  expect(commits.map(({ sequence }) => sequence)).toEqual([6n, 7n, 8n])
  const second = commits.find(({ aggregateId }) => aggregateId === id(0xa2))
  expect(second).toMatchObject({
    generation: 2,
    aggregateVersion: 3n,
    organizationId: id(9),
    causationId: facts.causationId,
    correlationId: facts.restoreId,
  })
  expect(second?.events[1]).toEqual(password(2))
  // Nothing of it is carried when nothing was cut off, and the same restore says the same.
  expect(log.restoreTo(9).commits).toEqual([])
  expect(log.restoreTo(4).commits).toEqual(commits)
})

test('somebody can administer the instance afterwards', () => {
  const log = new Log()
    .add('auth', 'user', id(0xa0), created, granted(superAdmin))
    .add('auth', 'user', id(0xa1), created, granted(superAdmin))
    .add('auth', 'user', id(0xa0), disabled)
    .add('auth', 'user', id(0xa2), created, granted(superAdmin))
    .add('auth', 'user', id(0xa1), password(4), revoked(superAdmin))
  expect(short(log.restoreTo(2).commits)).toEqual([['user a1', 'PasswordChanged']])
  expect(log.restoreTo(2).notes).toHaveLength(2)
  expect(short(log.restoreTo(4).commits)).toEqual([['user a1', 'RoleRevoked', 'PasswordChanged']])
})

const token = (n: number) =>
  event(
    'EnrolmentTokenCreated',
    auth.EnrolmentTokenCreated.encode({ tokenHash: Uint8Array.of(n) }).finish(),
  )
const issued = (key: string) =>
  event('NodeIdentityIssued', auth.NodeIdentityIssued.encode({ natsPublicKey: key }).finish())
const identityRevoked = (key: string) =>
  event('NodeIdentityRevoked', auth.NodeIdentityRevoked.encode({ natsPublicKey: key }).finish())

test('a token that was used is spent, and the key of a node that came later is refused', () => {
  const log = new Log()
    .add('auth', 'enrolment', id(0xb0), token(1))
    .add('auth', 'enrolment', id(0xb1), token(2))
    .add('auth', 'enrolment', id(0xb1), issued('K1'))
    .add('auth', 'enrolment', id(0xb2), token(3))
    .add('auth', 'enrolment', id(0xb0), issued('K0'))
    .add('auth', 'enrolment', id(0xb1), identityRevoked('K1'))
    .add('auth', 'enrolment', id(0xb3), token(4))
    .add('auth', 'enrolment', id(0xb3), issued('K3'))
    .add('auth', 'enrolment', id(0xb4), token(5))
  const { commits } = log.restoreTo(4)
  expect(short(commits)).toEqual([
    ['enrolment b0', 'NodeIdentityIssued', 'NodeIdentityRevoked'],
    ['enrolment b1', 'NodeIdentityRevoked'],
    ['enrolment b3', 'EnrolmentTokenCreated', 'NodeIdentityIssued', 'NodeIdentityRevoked'],
  ])
  expect(commits.map(({ events }) => events.at(-1))).toEqual(
    ['K0', 'K1', 'K3'].map(identityRevoked),
  )
})

test('subscribers: the newest key counts, revoked ones and later ones are refused', () => {
  const made = (key: string) =>
    event('SubscriberCreated', auth.SubscriberCreated.encode({ natsPublicKey: key }).finish())
  const rotated = (natsPublicKey: string, oldNatsPublicKey: string) =>
    event(
      'SubscriberRotated',
      auth.SubscriberRotated.encode({ natsPublicKey, oldNatsPublicKey }).finish(),
    )
  const ended = (key: string) =>
    event('SubscriberRevoked', auth.SubscriberRevoked.encode({ natsPublicKey: key }).finish())
  const log = new Log()
    .add('auth', 'subscriber', id(0xc0), made('A'))
    .add('auth', 'subscriber', id(0xc1), made('B'))
    .add('auth', 'subscriber', id(0xc0), rotated('A2', 'A'))
    .add('auth', 'subscriber', id(0xc0), rotated('A3', 'A2'))
    .add('auth', 'subscriber', id(0xc1), ended('B'))
    .add('auth', 'subscriber', id(0xc2), made('C'))
    .add('auth', 'subscriber', id(0xc2), rotated('C2', 'C'))
  expect(log.restoreTo(2).commits.map(({ events }) => events)).toEqual([
    [rotated('A3', 'A')],
    [ended('B')],
    [made('C'), rotated('C2', 'C'), ended('C2')],
  ])
})

test('a subscriber that a restore brought back, and that was revoked again, stays revoked', () => {
  const made = (key: string) =>
    event('SubscriberCreated', auth.SubscriberCreated.encode({ natsPublicKey: key }).finish())
  const ended = (key: string) =>
    event('SubscriberRevoked', auth.SubscriberRevoked.encode({ natsPublicKey: key }).finish())
  const again = event(
    'SubscriberRotated',
    auth.SubscriberRotated.encode({ natsPublicKey: 'A2', oldNatsPublicKey: '' }).finish(),
  )
  const log = new Log()
    .add('auth', 'subscriber', id(0xc0), made('A'))
    .add('auth', 'subscriber', id(0xc0), ended('A'))
    .add('auth', 'subscriber', id(0xc0), made(''))
    .add('auth', 'subscriber', id(0xc0), again)
    .add('auth', 'subscriber', id(0xc0), ended('A2'))
  expect(log.restoreTo(4).commits.map(({ events }) => events)).toEqual([[ended('A2')]])
  expect(log.restoreTo(2).commits).toEqual([])
})

test('an interface that a restore brought back has its newest keys, and goes with its node', () => {
  const node = id(0xd0)
  const on = `${node}.${id(0xe0)}`
  const keyRotated = event(
    'InterfaceKeyRotated',
    network.InterfaceKeyRotated.encode({ publicKey: Uint8Array.of(1) }).finish(),
  )
  const peerAdded = event(
    'PeerAdded',
    network.PeerAdded.encode({ peerId: id(0xf1), publicKey: Uint8Array.of(2) }).finish(),
  )
  const peerRotated = event(
    'PeerKeyRotated',
    network.PeerKeyRotated.encode({ peerId: id(0xf1), publicKey: Uint8Array.of(3) }).finish(),
  )
  const created = event('InterfaceCreated', network.InterfaceCreated.encode({}).finish())
  const deleted = event('InterfaceDeleted', none)
  const log = new Log()
    .add('network', 'node', node, event('NodeEnrolled', network.NodeEnrolled.encode({}).finish()))
    .add('network', 'interface', on, created, peerAdded)
    .add('network', 'interface', on, deleted)
    .add('network', 'interface', on, created)
    .add('network', 'interface', on, peerAdded)
    .add('network', 'interface', on, peerRotated)
    .add('network', 'interface', on, keyRotated)
    .add('network', 'interface', on, deleted)
    .add('network', 'node', node, event('NodeDeleted', none))
  const last = (point: number, until: number) => {
    const part = new Log()
    part.commits.push(...log.commits.slice(0, until))
    return short(part.restoreTo(point).commits)
  }
  expect(last(5, 7)).toEqual([
    [`interface ${on.slice(-2)}`, 'InterfaceKeyRotated', 'PeerKeyRotated'],
  ])
  // Its peer was not there.
  expect(last(4, 7)).toEqual([[`interface ${on.slice(-2)}`, 'InterfaceKeyRotated']])
  expect(last(7, 9)).toEqual([
    [`interface ${on.slice(-2)}`, 'InterfaceDeleted'],
    [`node ${node.slice(-2)}`, 'NodeDeleted'],
  ])
})

test('a deleted node stays deleted, with its interfaces; keys in use stay in use', () => {
  const node = (n: number) => id(0xd0 + n)
  const on = (n: number, i: number) => `${node(n)}.${id(0xe0 + i)}`
  const enrolled = event('NodeEnrolled', network.NodeEnrolled.encode({ name: 'n' }).finish())
  const claimed = (i: number) =>
    event(
      'InterfaceClaimed',
      network.InterfaceClaimed.encode({ interfaceId: id(0xe0 + i) }).finish(),
    )
  const interfaceCreated = event('InterfaceCreated', network.InterfaceCreated.encode({}).finish())
  const keyRotated = (n: number) =>
    event(
      'InterfaceKeyRotated',
      network.InterfaceKeyRotated.encode({ publicKey: Uint8Array.of(n) }).finish(),
    )
  const peerAdded = (n: number, key: number) =>
    event(
      'PeerAdded',
      network.PeerAdded.encode({ peerId: id(n), publicKey: Uint8Array.of(key) }).finish(),
    )
  const peerRotated = (n: number, key: number) =>
    event(
      'PeerKeyRotated',
      network.PeerKeyRotated.encode({ peerId: id(n), publicKey: Uint8Array.of(key) }).finish(),
    )
  const removed = (n: number) =>
    event('PeerRemoved', network.PeerRemoved.encode({ peerId: id(n) }).finish())
  const log = new Log()
    .add('network', 'node', node(0), enrolled, claimed(0))
    .add('network', 'interface', on(0, 0), interfaceCreated)
    .add('network', 'node', node(1), enrolled, claimed(1))
    .add('network', 'interface', on(1, 1), interfaceCreated, peerAdded(0xf1, 1), peerAdded(0xf2, 2))
  log
    .add('network', 'interface', on(0, 0), event('InterfaceDeleted', none))
    .add('network', 'node', node(0), event('NodeDeleted', none))
    .add('network', 'interface', on(1, 1), keyRotated(1))
    .add('network', 'interface', on(1, 1), keyRotated(2))
    .add('network', 'interface', on(1, 1), peerRotated(0xf1, 3))
    // The key of the first is given to the second: it is free by then.
    .add('network', 'interface', on(1, 1), peerRotated(0xf2, 1))
    .add('network', 'interface', on(1, 1), removed(0xf2))
  const { commits } = log.restoreTo(4)
  expect(commits.map(({ subject, events }) => [subject, events])).toEqual([
    [`evt.network.interface.${on(0, 0)}`, [event('InterfaceDeleted', none)]],
    [
      `evt.network.interface.${on(1, 1)}`,
      [keyRotated(2), peerRotated(0xf1, 3), peerRotated(0xf2, 1)],
    ],
    [
      `evt.network.node.${node(0)}`,
      [
        event(
          'InterfaceReleased',
          network.InterfaceReleased.encode({ interfaceId: id(0xe0) }).finish(),
        ),
        event('NodeDeleted', none),
      ],
    ],
  ])
})

test('every handover of the keys of the log happens again, as it was', () => {
  const introduced = event('SigningKeyIntroduced', audit.SigningKeyIntroduced.encode({}).finish())
  const handedOver = (n: number) =>
    event(
      'SigningKeyRotated',
      audit.SigningKeyRotated.encode({ statement: Uint8Array.of(n) }).finish(),
    )
  const log = new Log()
    .add('audit', 'signing_key', id(5), introduced)
    .add('audit', 'signing_key', id(5), handedOver(1))
    .add('audit', 'signing_key', id(5), handedOver(2))
  expect(log.restoreTo(1).commits.map(({ events }) => events)).toEqual([
    [handedOver(1), handedOver(2)],
  ])
  expect(log.restoreTo(0).commits[0]?.events).toHaveLength(3)
})

test('whatever people went through: nobody who was out is in again, and it settles', () => {
  const step = fc.tuple(
    fc.integer({ min: 0, max: 3 }),
    fc.constantFrom('disable', 'enable', 'erase', 'grant', 'revoke', 'password', 'super'),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), fc.nat(34), (steps, cut) => {
      const log = new Log()
      // One who is never touched, so that nobody has to be spared.
      log.add('auth', 'user', id(0xaf), created, granted(superAdmin))
      for (const n of [0, 1, 2, 3]) log.add('auth', 'user', id(0xa0 + n), created)
      const gone = new Set<number>()
      for (const [at, [n, what]] of steps.entries()) {
        if (gone.has(n)) continue
        const of = id(0xa0 + n)
        if (what === 'erase') {
          gone.add(n)
          log.add('auth', 'user', of, erased, destroyed(of))
        } else {
          const events = {
            disable: disabled,
            enable: enabled,
            grant: granted(viewer, id(9)),
            revoke: revoked(viewer, id(9)),
            super: granted(superAdmin),
            password: password(at),
          }
          log.add('auth', 'user', of, events[what])
        }
      }
      const point = Math.min(cut, log.commits.length)
      const after = new Log()
      for (const each of [
        ...log.commits.slice(0, point).map((c) => decodeCommit({ ...c })),
        ...log.restoreTo(point).commits,
      ])
        after.add('auth', 'user', each.aggregateId, ...each.events)
      const [was, end, now] = [log.commits.slice(0, point), log.commits, after.commits].map(foldAll)
      for (const [who, state] of now ?? []) {
        const last = end?.get(who)
        const before = was?.get(who)
        expect(state.isErased).toBe(
          before?.isErased === true || (before?.exists === true && last?.isErased === true),
        )
        if (!state.exists) continue
        expect(state.isDisabled).toBe(before?.isDisabled === true || last?.isDisabled === true)
        for (const held of state.bindings.keys()) {
          expect(before?.bindings.has(held)).toBe(true)
          expect(last?.bindings.has(held)).toBe(true)
        }
        expect(state.password?.data).toEqual(last?.password?.data)
      }
    }),
    { numRuns: 200 },
  )
})

function foldAll(commits: readonly PlacedCommit[]): ReadonlyMap<string, UserFacts> {
  const all = new Map<string, UserFacts>()
  for (const commit of commits) {
    const { aggregateId, events } = decodeCommit(commit)
    const state = all.get(aggregateId) ?? users.initial()
    all.set(aggregateId, state)
    for (const each of events) users.evolve(state, each)
  }
  return all
}

test('peers that were removed since are back, and that is said', () => {
  const peer = (n: number) =>
    event(
      'PeerAdded',
      network.PeerAdded.encode({ peerId: id(n), publicKey: Uint8Array.of(n) }).finish(),
    )
  const removed = (n: number) =>
    event('PeerRemoved', network.PeerRemoved.encode({ peerId: id(n) }).finish())
  const on = `${id(0xd0)}.${id(0xe0)}`
  const created = event('InterfaceCreated', network.InterfaceCreated.encode({}).finish())
  const log = new Log()
    .add('network', 'interface', on, created, peer(1), peer(2), peer(3), removed(3))
    .add('network', 'interface', on, removed(1))
    .add('network', 'interface', on, removed(2), peer(2))
  expect(log.restoreTo(1)).toEqual({
    notes: [expect.stringMatching(/removed after the restored point .*: 1;/)],
    commits: [],
  })
  expect(log.restoreTo(2).notes).toEqual([])
})
