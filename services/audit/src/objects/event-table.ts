import { isUuid } from '@holdfast/domain'
import { backupEvents } from './backup-events.ts'
import {
  type EventView,
  type Handler,
  inner,
  innerRemove,
  nameIn,
  only,
  patch,
  put,
  recordOf,
  remove,
  reserved,
  settingsOf,
  settled,
  state,
  textOf,
} from './event-handler.ts'
import { type FlatFields, flatten, isRecord, type Json } from './flat-fields.ts'
import type { ObjectChange, SlotFields } from './object-change.ts'

const described: Handler = (event) => {
  const settings = only(event, 'name', 'description')
  return put(event, { settings }, textOf(event, 'name'))
}
const redescribed: Handler = (event) =>
  patch(event, { settings: only(event, 'name', 'description') }, textOf(event, 'name'))

/** `operator@<organization>`; a super-admin is one everywhere. */
const role =
  (value: Json | undefined): Handler =>
  (event) => {
    const binding = recordOf(event, 'binding')
    const where = binding['organization_id']
    const member = `${String(binding['role'])}${typeof where === 'string' && where !== '' ? `@${where}` : ''}`
    return [{ op: 'member', kind: event.kind, id: event.id, field: 'roles', member, value }]
  }

/** One object an instance, begun by whatever is done with the root key first. */
const aboutRootKey =
  (slots: (event: EventView) => SlotFields): Handler =>
  (event) =>
    event.isFirst ? put(event, slots(event), '') : patch(event, slots(event))

const auth: Readonly<Record<string, Handler>> = {
  // It is its own organization, whoever made it.
  OrganizationCreated: (event) => described({ ...event, organizationId: event.id }),
  OrganizationUpdated: redescribed,
  OrganizationDeleted: remove,
  SiteCreated: described,
  SiteUpdated: redescribed,
  SiteDeleted: remove,
  UserCreated: (event) =>
    put(
      event,
      {
        facts: only(event, 'username', 'email', 'display_name'),
        keys: only(event, 'password_hash'),
        state: { is_disabled: false },
      },
      '',
    ),
  PasswordChanged: (event) => patch(event, { keys: only(event, 'password_hash') }),
  RoleGranted: role(true),
  RoleRevoked: role(undefined),
  UserDisabled: state({ is_disabled: true }),
  UserEnabled: state({ is_disabled: false }),
  UserAbandoned: remove,
  UserErased: remove,
  // The person was forgotten by the event before it; what is sealed stays sealed.
  DataKeyDestroyed: (event) =>
    patch(event, { more: { destroyed_keys: only(event, 'kinds')['kinds'] ?? [] } }),
  NameReserved: reserved,
  NameReleased: remove,
  EnrolmentTokenCreated: (event) =>
    put(
      event,
      { facts: only(event, 'token_hash', 'site_id', 'node_name', 'expires_at') },
      textOf(event, 'node_name'),
    ),
  NodeIdentityIssued: (event) =>
    patch(event, { keys: only(event, 'nats_public_key'), state: { is_revoked: false } }),
  NodeIdentityRevoked: state({ is_revoked: true }),
  SigningKeyAdded: (event) => [
    ...put(event, {}, ''),
    keyMember(event, only(event, 'public_jwk')['public_jwk'] ?? ''),
  ],
  SigningKeyRetired: (event) => [keyMember(event, undefined)],
  RootKeySplit: aboutRootKey((event) => ({
    settings: only(event, 'set_id', 'shares', 'threshold', 'root_key_fingerprint', 'made_at'),
  })),
  RootKeyRotated: aboutRootKey((event) => ({
    facts: only(event, 'old_fingerprint', 'new_fingerprint'),
  })),
  RootKeyUnsealed: aboutRootKey((event) => ({
    state: only(event, 'set_id', 'root_key_fingerprint', 'shards', 'refused', 'refused_codes'),
  })),
  DataKeysRotated: aboutRootKey((event) => ({ more: only(event, 'organization_id', 'keys') })),
  SubscriberCreated: (event) =>
    put(
      event,
      {
        settings: only(event, 'name', 'actions'),
        keys: only(event, 'nats_public_key'),
        state: { is_revoked: false },
      },
      textOf(event, 'name'),
    ),
  SubscriberRotated: (event) => patch(event, { keys: only(event, 'nats_public_key') }),
  SubscriberRevoked: state({ is_revoked: true }),
}

const keyMember = (event: EventView, value: Json | undefined): ObjectChange => ({
  op: 'member',
  kind: event.kind,
  id: event.id,
  field: 'keys',
  member: textOf(event, 'key_id'),
  value,
})

const interfaceKeys = ['public_key', 'private_key', 'private_key_for_node'] as const
const presharedKeys = ['preshared_key', 'preshared_key_for_node'] as const

const network: Readonly<Record<string, Handler>> = {
  NodeEnrolled: (event) =>
    put(
      event,
      {
        facts: only(event, 'enrolment_key', 'nats_public_key', 'hostname', 'platform'),
        settings: only(event, 'name', 'site_id'),
      },
      textOf(event, 'name'),
    ),
  NodeUpdated: (event) =>
    patch(
      event,
      { settings: only(event, 'name', 'site_id', 'endpoint_host', 'uplinks') },
      textOf(event, 'name'),
    ),
  NodeDeleted: remove,
  InterfaceClaimed: (event) => [
    claim(event, { name: textOf(event, 'name'), listen_port: Number(event.data['listen_port']) }),
  ],
  InterfaceReleased: (event) => [claim(event, undefined)],
  InterfaceCreated: (event) =>
    put(
      event,
      { settings: settingsOf(event), keys: only(event, ...interfaceKeys) },
      nameIn(recordOf(event, 'settings')),
      event.within,
    ),
  InterfaceUpdated: (event) =>
    patch(event, { settings: settingsOf(event) }, nameIn(recordOf(event, 'settings'))),
  InterfaceKeyRotated: (event) => patch(event, { keys: only(event, ...interfaceKeys) }),
  InterfaceDeleted: (event) => [
    ...remove(event),
    { op: 'removeChildren', kind: event.kind, id: event.id, childKind: 'peer' },
  ],
  PeerAdded: (event) =>
    inner(event, 'peer_id', (key) => [
      {
        ...key,
        op: 'put',
        organizationId: event.organizationId,
        parentId: event.id,
        name: nameIn(recordOf(event, 'settings')),
        slots: {
          settings: settingsOf(event),
          keys: only(event, 'public_key', 'private_key'),
          more: only(event, ...presharedKeys),
        },
      },
    ]),
  PeerUpdated: (event) =>
    inner(event, 'peer_id', (key) => [
      {
        ...key,
        op: 'patch',
        name: nameIn(recordOf(event, 'settings')),
        slots: { settings: settingsOf(event) },
      },
    ]),
  PeerKeyRotated: (event) =>
    inner(event, 'peer_id', (key) => [
      { ...key, op: 'patch', slots: { keys: only(event, 'public_key', 'private_key') } },
    ]),
  PeerPresharedKeyRotated: (event) =>
    inner(event, 'peer_id', (key) => [
      { ...key, op: 'patch', slots: { more: only(event, ...presharedKeys) } },
    ]),
  PeerRemoved: innerRemove('peer_id'),
}

/** Names and ports are unique on a host, so the host holds them. */
const claim = (event: EventView, value: Json | undefined): ObjectChange => ({
  op: 'member',
  kind: event.kind,
  id: event.id,
  field: 'interfaces',
  member: textOf(event, 'interface_id'),
  value,
})

/** The rule set's id is its organization's. */
const ruleSetPart = (
  event: EventView,
  id: string,
  slots: SlotFields,
  name: string,
): readonly ObjectChange[] =>
  isUuid(id)
    ? [
        {
          op: 'put',
          kind: event.kind,
          id,
          organizationId: event.id,
          parentId: event.id,
          name,
          slots,
        },
      ]
    : []

const rules: Readonly<Record<string, Handler>> = {
  RuleCreated: (event) =>
    ruleSetPart(
      event,
      textOf(event, 'rule_id'),
      { settings: settingsOf(event), facts: only(event, 'order') },
      nameIn(recordOf(event, 'settings')),
    ),
  RuleUpdated: (event) =>
    inner(event, 'rule_id', (key) => [
      {
        ...key,
        op: 'patch',
        name: nameIn(recordOf(event, 'settings')),
        slots: { settings: settingsOf(event) },
      },
    ]),
  RuleDeleted: innerRemove('rule_id'),
  RuleSetSettingsUpdated: (event) =>
    put({ ...event, organizationId: event.id }, { settings: settingsOf(event) }, ''),
  PolicyTestSaved: (event) => {
    const { id, ...test } = recordOf(event, 'test')
    return ruleSetPart(event, String(id), { settings: flatten({ test }) }, nameIn(test))
  },
  PolicyTestDeleted: innerRemove('test_id'),
  ChangeSetOpened: (event) =>
    ruleSetPart(
      event,
      textOf(event, 'change_set_id'),
      { facts: only(event, 'name'), state: { state: 'open' } },
      textOf(event, 'name'),
    ),
  ChangeSetStaged: (event) =>
    inner(event, 'change_set_id', (key) => [
      { ...key, op: 'patch', slots: { settings: stagedOperations(event.data['operations']) } },
    ]),
  ChangeSetDiscarded: (event) =>
    inner(event, 'change_set_id', (key) => [
      { ...key, op: 'patch', slots: { settings: {}, state: { state: 'discarded' } } },
    ]),
  // A draft ends, and an application begins: later events name that one.
  ChangeSetApplied: (event) => [
    ...ruleSetPart(
      event,
      textOf(event, 'apply_id'),
      {
        facts: only(event, 'name', 'change_set_id', 'confirm_within_ms'),
        state: { state: 'applied' },
      },
      textOf(event, 'name'),
    ),
    ...inner(event, 'change_set_id', (key) => [
      {
        ...key,
        op: 'patch',
        slots: { settings: {}, state: { state: 'applied', ...only(event, 'apply_id') } },
      } as const,
    ]),
  ],
  ChangeSetConfirmed: (event) =>
    inner(event, 'apply_id', (key) => [
      { ...key, op: 'patch', slots: { state: { state: 'confirmed' } } },
    ]),
  ChangeSetReverted: (event) =>
    inner(event, 'apply_id', (key) => [
      { ...key, op: 'patch', slots: { state: { state: 'reverted', ...only(event, 'cause') } } },
    ]),
}

/** Rules a draft would change, by what it would do. Their contents come to the rules themselves when it is applied. */
function stagedOperations(operations: unknown): FlatFields {
  const named: Record<'create' | 'update' | 'delete', string[]> = {
    create: [],
    update: [],
    delete: [],
  }
  for (const operation of Array.isArray(operations) ? (operations as unknown[]) : []) {
    if (!isRecord(operation)) continue
    for (const what of ['create', 'update', 'delete'] as const) {
      const change = operation[what]
      if (isRecord(change)) named[what].push(String(change['rule_id']))
    }
  }
  return Object.fromEntries(
    Object.entries(named).flatMap(([what, ids]) => [
      [`operations.${what}`, ids.length],
      ...(ids.length > 0 ? [[`operations.${what}_rules`, ids.slice(0, maxStagedRules)]] : []),
    ]),
  )
}
/** A draft may hold 100,000 operations; each staging keeps a version. */
const maxStagedRules = 100

const audit: Readonly<Record<string, Handler>> = {
  SigningKeyIntroduced: (event) => put(event, { keys: only(event, 'public_key') }, ''),
  SigningKeyRotated: (event) => {
    const { new_public_key = '', ...vouching } = only(
      event,
      'new_public_key',
      'statement',
      'signature',
    )
    return patch(event, { keys: { public_key: new_public_key, ...vouching } })
  },
}

/** A note stays until there is another. */
const alertIs =
  (word: string): Handler =>
  (event) => {
    const note = textOf(event, 'note')
    return patch(event, { state: { state: word }, ...(note === '' ? {} : { more: { note } }) })
  }

const notify: Readonly<Record<string, Handler>> = {
  NameReserved: reserved,
  NameReleased: remove,
  WebhookCreated: (event) =>
    put(
      event,
      {
        settings: settingsOf(event),
        keys: only(event, 'secret'),
        state: { is_suspended: false },
      },
      nameIn(recordOf(event, 'settings')),
    ),
  WebhookUpdated: settled,
  WebhookSecretRotated: (event) =>
    patch(event, { keys: only(event, 'secret', 'old_secret', 'old_until_at') }),
  WebhookSuspended: (event) =>
    patch(event, { state: { is_suspended: true, ...only(event, 'cause') } }),
  WebhookResumed: state({ is_suspended: false }),
  WebhookDeleted: remove,
  AlertRuleCreated: (event) =>
    put(event, { settings: settingsOf(event) }, nameIn(recordOf(event, 'settings'))),
  AlertRuleUpdated: settled,
  AlertRuleDeleted: remove,
  AlertRaised: (event) => {
    const facts = only(
      event,
      ...['rule_id', 'code', 'severity', 'title', 'detail', 'about_sequence', 'count', 'reopens'],
    )
    const open = { state: { state: 'open' } }
    if (event.isFirst) return put(event, { facts, ...open }, textOf(event, 'code'))
    return patch(event, { facts, ...(event.data['reopens'] === true ? open : {}) })
  },
  AlertAcknowledged: alertIs('acknowledged'),
  AlertResolved: alertIs('resolved'),
}

/** What every event does, by context and type. A contract test compares it with the catalogue. */
export const eventTable: ReadonlyMap<string, Handler> = new Map(
  Object.entries({ auth, network, rules, audit, notify, backup: backupEvents }).flatMap(
    ([context, handlers]) =>
      Object.entries(handlers).map(([type, handler]) => [`${context} ${type}`, handler] as const),
  ),
)
