import { type Action, actions, objectKinds } from '@holdfast/catalogue'
import type { Commit } from '@holdfast/event-log'
import { holdfast, type MessageType } from '@holdfast/proto'
import { expect, test } from 'vitest'
import { eventTable } from './event-table.ts'
import { flatten, printValue } from './flat-fields.ts'
import type { ObjectChange } from './object-change.ts'
import { objectChanges } from './object-changes.ts'
import { applyChange, decodeSlot, diffFields, encodeSlot, fieldsOf } from './object-state.ts'

const id = (n: number) => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
const sealed = (text: string) =>
  new holdfast.log.v1.Sealed({ keyId: 'k', nonce: Buffer.alloc(12), ciphertext: Buffer.from(text) })

const commitOf = (
  context: string,
  aggregateType: string,
  aggregateId: string,
  ...events: readonly (readonly [string, Uint8Array])[]
): Commit => ({
  sequence: 42n,
  subject: `evt.${context}.${aggregateType}.${aggregateId}`,
  context,
  commitId: id(1),
  lineageId: id(2),
  generation: 1,
  aggregateType,
  aggregateId,
  aggregateVersion: 1n,
  organizationId: id(9),
  actor: { kind: 'user', id: id(3) },
  commandId: id(4),
  correlationId: id(5),
  causationId: undefined,
  requestHash: undefined,
  timeUnixUs: 0n,
  timeUnixMs: 0,
  reason: '',
  events: events.map(([type, data]) => ({ type, schema: 1, data })),
  bytes: new Uint8Array(),
})

const messageOf = ({ context, event }: Action): MessageType<object> & (new () => object) => {
  const contexts: Readonly<Record<string, { readonly v1: object } | undefined>> = holdfast as never
  // as: the catalogue's own test holds it against the protos
  const home = event === 'Restored' ? holdfast.log.v1 : contexts[context]?.v1
  return Reflect.get(home ?? {}, event) as never
}

/** A message with something in every field; nested ones are there, with their defaults. */
function filled(prototype: object): Record<string, unknown> {
  const message: Record<string, unknown> = {}
  for (const key in prototype) {
    const value: unknown = Reflect.get(prototype, key)
    if (key.startsWith('$') || typeof value === 'function') continue
    if (typeof value === 'string') message[key] = /id$/i.test(key) ? id(77) : `a ${key}`
    else if (typeof value === 'number') message[key] = 1
    else if (typeof value === 'boolean') message[key] = true
    else if (value instanceof Uint8Array) message[key] = Buffer.from([1, 2, 3])
    else if (Array.isArray(value)) message[key] = []
    else if (value === null) message[key] = key === 'test' ? { id: id(77) } : {}
  }
  return message
}

const changesFor = (action: Action, message: object): readonly ObjectChange[] => {
  const data = messageOf(action).encode(message).finish()
  const id_ = action.kind === 'interface' || action.kind === 'peer' ? `${id(6)}.${id(7)}` : id(7)
  return (
    objectChanges(commitOf(action.context, 'thing', id_, [action.event, data]))[0]?.changes ?? []
  )
}

/** What is in an event and not in an object, and why. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  // Whose it is stands beside the fields.
  SiteCreated: ['organization_id'],
  EnrolmentTokenCreated: ['organization_id'],
  SubscriberCreated: ['organization_id'],
  NodeEnrolled: ['organization_id'],
  InterfaceCreated: ['organization_id'],
  WebhookCreated: ['organization_id'],
  AlertRuleCreated: ['organization_id'],
  AlertRaised: ['organization_id'],
  StorageLocationCreated: ['organization_id', 'earlier_changes'],
  ScheduleCreated: ['organization_id', 'earlier_changes'],
  BackupRequested: ['organization_id'],
  SnapshotImported: ['organization_id'],
  SnapshotRestoreStarted: ['organization_id'],
  BackupValidated: ['organization_id'],
  BackupValidationFailed: ['organization_id'],
  // Which object it is.
  DataKeyDestroyed: ['owner_id', 'kinds'],
  PeerAdded: ['peer_id'],
  PeerUpdated: ['peer_id'],
  PeerKeyRotated: ['peer_id'],
  PeerPresharedKeyRotated: ['peer_id'],
  RuleUpdated: ['rule_id'],
  ChangeSetOpened: ['change_set_id'],
  ChangeSetStaged: ['change_set_id'],
  ChangeSetConfirmed: ['apply_id'],
  ChangeSetReverted: ['apply_id'],
  PolicyTestSaved: ['test.id'],
  // Bookkeeping of the rule set.
  RuleCreated: ['rule_id', 'earlier_changes'],
  // Ends the object.
  PeerRemoved: ['peer_id', 'addresses_free_at'],
  RuleDeleted: ['rule_id'],
  PolicyTestDeleted: ['test_id'],
  ChangeSetDiscarded: ['change_set_id'],
  NameReleased: ['user_id'],
  // Members say it in their paths and values.
  RoleGranted: ['binding.role', 'binding.organization_id'],
  RoleRevoked: ['binding.role', 'binding.organization_id'],
  SigningKeyAdded: ['key_id', 'public_jwk'],
  SigningKeyRetired: ['key_id'],
  InterfaceClaimed: ['interface_id', 'name', 'listen_port'],
  InterfaceReleased: ['interface_id'],
  // In other words.
  SigningKeyRotated: ['new_public_key'],
  NodeIdentityRevoked: ['nats_public_key'],
  StorageLocationUpdated: ['drops_credentials'],
  ScheduleUpdated: ['drops_passphrase', 'is_replanned'],
  BackupDeleted: ['cause'],
  // In paths and values of members.
  RecipientAdded: ['recipient', 'label'],
  RecipientRemoved: ['recipient'],
  RecipientProved: ['recipient'],
  SubscriberRotated: ['old_nats_public_key'],
  SubscriberRevoked: ['nats_public_key'],
}

test('every event of the catalogue says what becomes of objects, and no other', () => {
  expect([...eventTable.keys()].sort()).toEqual(
    actions.map(({ context, event }) => `${context} ${event}`).sort(),
  )
})

test('every kind of object can begin', () => {
  const begun = actions.flatMap((action) =>
    changesFor(action, filled(messageOf(action).prototype as object)).flatMap((change) =>
      change.op === 'put' ? [change.kind] : [],
    ),
  )
  expect(new Set(begun)).toEqual(new Set(objectKinds))
})

test.each(actions.map((action) => [action.event, action] as const))(
  '%s: no field is forgotten',
  (event, action) => {
    const { prototype } = messageOf(action) as unknown as { prototype: object }
    const message = filled(prototype)
    const data = messageOf(action).decode(messageOf(action).encode(message).finish())
    const changes = changesFor(action, message)
    expect(changes.length).toBeGreaterThan(0)
    const known = new Set(
      changes.flatMap((change) =>
        change.op === 'put' || change.op === 'patch'
          ? Object.values(change.slots).flatMap((slot) => Object.keys(slot))
          : [],
      ),
    )
    const said = Object.entries(flatten(printed(data))).flatMap(([path, value]) => {
      const isRemoved = changes.every(({ op }) => op === 'remove')
      const isNever = value === 0 && path.endsWith('_at')
      return isRemoved || isNever || known.has(path) || leftOut[event]?.includes(path) ? [] : [path]
    })
    // A staging is told by its counts.
    expect(said.filter((path) => path !== 'operations')).toEqual([])
  },
)

/** Names as in events, whatever the values. */
function printed(message: object): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const key in message) {
    const value: unknown = Reflect.get(message, key)
    if (key.startsWith('$') || typeof value === 'function') continue
    const snake = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    const name = snake.endsWith('_unix_ms')
      ? snake.slice(0, -'_unix_ms'.length).replace(/(?<!_at)$/, '_at')
      : snake
    const isSealed =
      value instanceof holdfast.log.v1.Sealed || value instanceof holdfast.log.v1.SealedToNode
    if (isSealed) out[name] = '[sealed]'
    else if (value instanceof Uint8Array || Array.isArray(value)) out[name] = 'value'
    else out[name] = typeof value === 'object' && value !== null ? printed(value) : value
  }
  return out
}

const network = holdfast.network.v1
const peerAdded = (secret: string, settings: object = {}) =>
  network.PeerAdded.encode({
    peerId: id(8),
    settings: { name: 'laptop', addresses: ['10.10.0.2'], isEnabled: true, ...settings },
    publicKey: Buffer.alloc(32, 1),
    privateKey: sealed(secret),
  }).finish()
const rotated = (secret: string) =>
  network.PeerKeyRotated.encode({
    peerId: id(8),
    publicKey: Buffer.alloc(32, 2),
    privateKey: sealed(secret),
  }).finish()

const fold = (...events: readonly (readonly [string, Uint8Array])[]) => {
  let state: Parameters<typeof applyChange>[0]
  const commit = commitOf('network', 'interface', `${id(6)}.${id(7)}`, ...events)
  for (const { changes } of objectChanges(commit)) {
    for (const change of changes) state = applyChange(state, change)
  }
  return state
}

test('a new secret is a change, and neither secret is shown', () => {
  const before = fold(['PeerAdded', peerAdded('one')])
  const after = fold(['PeerAdded', peerAdded('one')], ['PeerKeyRotated', rotated('two')])
  const diffs = diffFields(fieldsOf(before), fieldsOf(after))
  expect(diffs.map(({ field }) => field)).toEqual(['public_key', 'private_key'])
  expect(diffs[1]).toMatchObject({ before: '"[sealed]"', after: '"[sealed]"' })
  const same = fold(['PeerAdded', peerAdded('one')])
  expect(diffFields(fieldsOf(before), fieldsOf(same))).toEqual([])
  const stored = encodeSlot('peer', 'keys', after?.slots.keys ?? {})
  expect(stored).not.toContain(Buffer.from('two').toString('base64'))
})

test('settings replace the settings, and leave keys alone', () => {
  const updated = network.PeerUpdated.encode({
    peerId: id(8),
    settings: { name: 'desktop', isEnabled: true, keepaliveSeconds: 25 },
  }).finish()
  const before = fold(['PeerAdded', peerAdded('one', { description: 'x' })])
  const after = fold(
    ['PeerAdded', peerAdded('one', { description: 'x' })],
    ['PeerUpdated', updated],
  )
  expect(after?.name).toBe('desktop')
  expect(diffFields(fieldsOf(before), fieldsOf(after))).toEqual([
    { field: 'settings.addresses', before: '["10.10.0.2"]', after: '[]' },
    { field: 'settings.name', before: '"laptop"', after: '"desktop"' },
    { field: 'settings.keepalive_seconds', before: '0', after: '25' },
    { field: 'settings.description', before: '"x"', after: '""' },
  ])
})

test('what is stored leaves the usual out and reads back whole', () => {
  const state = fold(['PeerAdded', peerAdded('one')])
  const settings = state?.slots.settings ?? {}
  const text = encodeSlot('peer', 'settings', settings)
  expect(JSON.parse(text)).toEqual({
    'settings.addresses': ['10.10.0.2'],
    'settings.is_enabled': true,
    'settings.name': 'laptop',
  })
  const read = state && { ...state, slots: { ...state.slots, settings: decodeSlot(text) } }
  expect(fieldsOf(read)).toEqual(fieldsOf(state))
  expect(fieldsOf(read).get('settings.dns')).toEqual([])
})

test('a deleted interface takes its peers with it', () => {
  const changes = objectChanges(
    commitOf('network', 'interface', `${id(6)}.${id(7)}`, [
      'InterfaceDeleted',
      network.InterfaceDeleted.encode({}).finish(),
    ]),
  )[0]?.changes
  expect(changes).toEqual([
    { op: 'remove', kind: 'interface', id: id(7) },
    { op: 'removeChildren', kind: 'interface', id: id(7), childKind: 'peer' },
  ])
})

test('roles are a set', () => {
  const { UserCreated, RoleGranted, RoleRevoked } = holdfast.auth.v1
  const binding = { role: 3, organizationId: id(9) }
  let state: Parameters<typeof applyChange>[0]
  const commit = commitOf(
    'auth',
    'user',
    id(7),
    ['UserCreated', UserCreated.encode({ username: sealed('u') }).finish()],
    ['RoleGranted', RoleGranted.encode({ binding: { role: 1 } }).finish()],
    ['RoleGranted', RoleGranted.encode({ binding }).finish()],
    ['RoleRevoked', RoleRevoked.encode({ binding: { role: 1 } }).finish()],
  )
  for (const { changes } of objectChanges(commit)) {
    for (const change of changes) state = applyChange(state, change)
  }
  expect([...(state?.members ?? [])]).toEqual([[`roles[operator@${id(9)}]`, true]])
  expect(printValue(fieldsOf(state).get('username'))).toBe('"[sealed]"')
})

test('enums are words, and text of the same name stays text', () => {
  const { RuleCreated } = holdfast.rules.v1
  const [rule] =
    objectChanges(
      commitOf('rules', 'rule_set', id(9), [
        'RuleCreated',
        RuleCreated.encode({
          ruleId: id(8),
          settings: { name: 'ssh', action: 2, direction: 1, protocol: 2, target: { kind: 1 } },
        }).finish(),
      ]),
    )[0]?.changes ?? []
  expect(rule).toMatchObject({
    op: 'put',
    organizationId: id(9),
    slots: { settings: { 'settings.action': 'deny', 'settings.target.kind': 'everything' } },
  })
  const { WebhookSuspended } = holdfast.notify.v1
  const [webhook] =
    objectChanges(
      commitOf('notify', 'webhook', id(8), [
        'WebhookSuspended',
        WebhookSuspended.encode({ cause: 'gone' }).finish(),
      ]),
    )[0]?.changes ?? []
  expect(webhook).toMatchObject({ slots: { state: { is_suspended: true, cause: 'gone' } } })
})

test.each([
  ['network', 'PeerRenumbered'],
  ['network', 'constructor'],
  ['nowhere', 'PeerAdded'],
])('%s %s changes nothing', (context, type) => {
  const [change] = objectChanges(commitOf(context, 'thing', id(7), [type, new Uint8Array()]))
  expect(change?.changes).toEqual([])
})
