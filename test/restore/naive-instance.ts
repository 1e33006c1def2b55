import type { Commit } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'

// What an instance is after some commits, told as plainly as can be: published messages decoded by themselves, whole objects
// kept as JSON. Nothing of the services is in it: no codec, no decider, no fold of theirs. What counts (revisions, times,
// claims) and what no restore may bring back (passwords, credentials of subscribers, suspension) is left out.

const { auth, network, notify, rules, backup } = {
  auth: holdfast.auth.v1,
  network: holdfast.network.v1,
  notify: holdfast.notify.v1,
  rules: holdfast.rules.v1,
  backup: holdfast.backup.v1,
}

/** By `<kind> <id>`, canonical JSON. Members stand by themselves, as `peer <interface>/<id>`. */
export type NaiveContent = ReadonlyMap<string, string>

export type Json = { [key: string]: unknown }

/** Every field by name, in order; bytes in hexadecimal. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  const found: Json = {}
  const keys: string[] = []
  // Defaults stand in the prototype of a message.
  for (const key in value) keys.push(key)
  for (const key of keys.sort()) {
    const inner: unknown = Reflect.get(value, key)
    if (key.startsWith('$') || typeof inner === 'function') continue
    if (inner !== null && inner !== undefined) found[key] = plain(inner)
  }
  return found
}

const text = (value: Json): string => JSON.stringify(plain(value))

interface Parts {
  own: Json
  readonly members: Map<string, Json>
}

export class NaiveInstance {
  /** By key; whatever lives in an object, by its own key. */
  readonly #objects = new Map<string, Parts>()

  take(commit: Commit): void {
    const { context, aggregateType: type, aggregateId: id } = commit
    if (type === 'name' || type === 'reservation') return
    for (const event of commit.events) this.#event(context, `${type} ${id}`, event)
  }

  /** Goes on by itself. */
  copy(): NaiveInstance {
    const other = new NaiveInstance()
    for (const [key, { own, members }] of this.#objects)
      other.#objects.set(key, { own, members: new Map(members) })
    return other
  }

  /** What is there of a kind, without what lives in it. */
  *ofKind(kind: string): Generator<{ readonly id: string; readonly own: Readonly<Json> }> {
    for (const [key, { own }] of this.#objects)
      if (key.startsWith(`${kind} `)) yield { id: key.slice(kind.length + 1), own }
  }

  content(): NaiveContent {
    const found = new Map<string, string>()
    for (const [key, { own, members }] of this.#objects) {
      if (!isEmptySet(key, own)) found.set(key, text(own))
      for (const [member, value] of members) found.set(member, text(value))
    }
    return found
  }

  #event(context: string, key: string, { type, data }: Commit['events'][number]): unknown {
    const begin = (own: Json): unknown => this.#objects.set(key, { own, members: new Map() })
    const change = (changes: Json): unknown => {
      const found = this.#objects.get(key)
      if (found) found.own = { ...found.own, ...changes }
      return found
    }
    const end = (): unknown => this.#objects.delete(key)
    switch (context) {
      case 'auth':
        return this.#auth(key, type, data, begin, change, end)
      case 'network':
        return this.#network(key, type, data, begin, change, end)
      case 'rules':
        return this.#rules(key, type, data)
      case 'notify':
        return this.#notify(type, data, begin, change, end)
      case 'backup':
        return this.#backup(type, data, begin, change, end)
      default:
        throw new Error(`nobody told of ${context}`)
    }
  }

  #auth(
    key: string,
    type: string,
    data: Uint8Array,
    begin: (own: Json) => unknown,
    change: (changes: Json) => unknown,
    end: () => unknown,
  ): unknown {
    const roles = (): Json => ({ ...(this.#objects.get(key)?.own['roles'] as Json | undefined) })
    switch (type) {
      case 'OrganizationCreated':
        return begin(said(auth.OrganizationCreated.decode(data)))
      case 'OrganizationUpdated':
        return change(said(auth.OrganizationUpdated.decode(data)))
      case 'SiteCreated':
        return begin(said(auth.SiteCreated.decode(data)))
      case 'SiteUpdated':
        return change(said(auth.SiteUpdated.decode(data)))
      case 'UserCreated': {
        const { passwordHash: _, ...profile } = said(auth.UserCreated.decode(data))
        return begin({ ...profile, isDisabled: false, roles: {} })
      }
      case 'RoleGranted':
      case 'RoleRevoked': {
        const { binding } = auth.RoleGranted.decode(data)
        const name = `${binding?.role}@${binding?.organizationId ?? ''}`
        const held = roles()
        if (type === 'RoleGranted') held[name] = true
        else delete held[name]
        return change({ roles: held })
      }
      case 'UserDisabled':
      case 'UserEnabled':
        return change({ isDisabled: type === 'UserDisabled' })
      case 'PasswordChanged':
      case 'DataKeyDestroyed':
      case 'SubscriberRotated':
        return undefined
      case 'EnrolmentTokenCreated':
        return begin(said(auth.EnrolmentTokenCreated.decode(data)))
      case 'SubscriberCreated': {
        const { natsPublicKey: _, ...rest } = said(auth.SubscriberCreated.decode(data))
        return begin(rest)
      }
      case 'OrganizationDeleted':
      case 'SiteDeleted':
      case 'UserErased':
      case 'NodeIdentityIssued':
      case 'NodeIdentityRevoked':
      case 'SubscriberRevoked':
        return end()
      default:
        throw new Error(`nobody told of ${type}`)
    }
  }

  #network(
    key: string,
    type: string,
    data: Uint8Array,
    begin: (own: Json) => unknown,
    change: (changes: Json) => unknown,
    end: () => unknown,
  ): unknown {
    const found = this.#objects.get(key)
    const peer = (id: string): string => `peer ${key.split(' ')[1]}/${id}`
    const changePeer = (id: string, changes: Json): unknown => {
      const known = found?.members.get(peer(id))
      return known && found?.members.set(peer(id), { ...known, ...changes })
    }
    switch (type) {
      case 'NodeEnrolled':
        return begin({
          ...said(network.NodeEnrolled.decode(data)),
          ...{ endpointHost: '', uplinks: [] },
        })
      case 'NodeUpdated':
        return change(said(network.NodeUpdated.decode(data)))
      case 'InterfaceClaimed':
      case 'InterfaceReleased':
        return undefined
      case 'InterfaceCreated':
        return begin(said(network.InterfaceCreated.decode(data)))
      case 'InterfaceUpdated':
        return change(said(network.InterfaceUpdated.decode(data)))
      case 'InterfaceKeyRotated':
        return change(said(network.InterfaceKeyRotated.decode(data)))
      case 'PeerAdded': {
        const { peerId, ...rest } = said(network.PeerAdded.decode(data))
        return found?.members.set(peer(String(peerId)), rest)
      }
      case 'PeerUpdated': {
        const { peerId, ...rest } = said(network.PeerUpdated.decode(data))
        return changePeer(String(peerId), rest)
      }
      case 'PeerKeyRotated': {
        const { peerId, publicKey, privateKey } = network.PeerKeyRotated.decode(data)
        return changePeer(peerId, { publicKey, privateKey })
      }
      case 'PeerPresharedKeyRotated': {
        const { peerId, presharedKey, presharedKeyForNode } =
          network.PeerPresharedKeyRotated.decode(data)
        return changePeer(peerId, { presharedKey, presharedKeyForNode })
      }
      case 'PeerRemoved':
        return found?.members.delete(peer(network.PeerRemoved.decode(data).peerId))
      case 'NodeDeleted':
      case 'InterfaceDeleted':
        return end()
      default:
        throw new Error(`nobody told of ${type}`)
    }
  }

  #rules(key: string, type: string, data: Uint8Array): unknown {
    const found = this.#objects.get(key) ?? { own: { isLockoutAllowed: false }, members: new Map() }
    this.#objects.set(key, found)
    const { members } = found
    const named = (kind: string, id: string): string => `${kind} ${key.split(' ')[1]}/${id}`
    switch (type) {
      case 'RuleCreated': {
        const { ruleId, settings, order } = rules.RuleCreated.decode(data)
        return members.set(named('rule', ruleId), { settings, order })
      }
      case 'RuleUpdated': {
        const { ruleId, settings } = rules.RuleUpdated.decode(data)
        const order = members.get(named('rule', ruleId))?.['order']
        return members.set(named('rule', ruleId), { settings, order })
      }
      case 'RuleDeleted':
        return members.delete(named('rule', rules.RuleDeleted.decode(data).ruleId))
      case 'RuleSetSettingsUpdated': {
        const { settings } = rules.RuleSetSettingsUpdated.decode(data)
        found.own = { isLockoutAllowed: settings?.isLockoutAllowed ?? false }
        return found
      }
      case 'PolicyTestSaved': {
        const { test } = rules.PolicyTestSaved.decode(data)
        return members.set(named('policy_test', test?.id ?? ''), { test })
      }
      case 'PolicyTestDeleted':
        return members.delete(named('policy_test', rules.PolicyTestDeleted.decode(data).testId))
      case 'ChangeSetOpened': {
        const { changeSetId, name } = rules.ChangeSetOpened.decode(data)
        return members.set(named('change_set', changeSetId), { name, operations: [] })
      }
      case 'ChangeSetStaged': {
        const { changeSetId, operations } = rules.ChangeSetStaged.decode(data)
        const name = members.get(named('change_set', changeSetId))?.['name']
        return members.set(named('change_set', changeSetId), { name, operations })
      }
      case 'ChangeSetDiscarded':
      case 'ChangeSetApplied':
        return members.delete(named('change_set', rules.ChangeSetApplied.decode(data).changeSetId))
      case 'ChangeSetConfirmed':
      case 'ChangeSetReverted':
        return undefined
      default:
        throw new Error(`nobody told of ${type}`)
    }
  }

  #notify(
    type: string,
    data: Uint8Array,
    begin: (own: Json) => unknown,
    change: (changes: Json) => unknown,
    end: () => unknown,
  ): unknown {
    switch (type) {
      case 'WebhookCreated':
        return begin(said(notify.WebhookCreated.decode(data)))
      case 'WebhookUpdated':
        return change(said(notify.WebhookUpdated.decode(data)))
      case 'WebhookSecretRotated':
        return change({ secret: notify.WebhookSecretRotated.decode(data).secret })
      case 'WebhookSuspended':
      case 'WebhookResumed':
        return undefined
      case 'AlertRuleCreated':
        return begin(said(notify.AlertRuleCreated.decode(data)))
      case 'AlertRuleUpdated':
        return change(said(notify.AlertRuleUpdated.decode(data)))
      case 'WebhookDeleted':
      case 'AlertRuleDeleted':
        return end()
      default:
        throw new Error(`nobody told of ${type}`)
    }
  }

  #backup(
    type: string,
    data: Uint8Array,
    begin: (own: Json) => unknown,
    change: (changes: Json) => unknown,
    end: () => unknown,
  ): unknown {
    switch (type) {
      case 'StorageLocationCreated': {
        const { earlierChanges: _, ...rest } = said(backup.StorageLocationCreated.decode(data))
        return begin(rest)
      }
      case 'StorageLocationUpdated': {
        const { settings, credentials, credentialFields, dropsCredentials } =
          backup.StorageLocationUpdated.decode(data)
        const isOther = credentials !== null || dropsCredentials
        return change({ settings, credentialFields, ...(isOther ? { credentials } : {}) })
      }
      case 'ScheduleCreated': {
        const { earlierChanges: _, ...rest } = said(backup.ScheduleCreated.decode(data))
        return begin(rest)
      }
      case 'ScheduleUpdated': {
        const { settings, passphrase, dropsPassphrase } = backup.ScheduleUpdated.decode(data)
        const isOther = passphrase !== null || dropsPassphrase
        return change({ settings, ...(isOther ? { passphrase } : {}) })
      }
      case 'ScheduleSlotMissed':
        return undefined
      case 'StorageLocationDeleted':
      case 'ScheduleDeleted':
        return end()
      default:
        throw new Error(`nobody told of ${type}`)
    }
  }
}

/** The fields of a message. */
function said(message: object): Json {
  const fields: Json = {}
  for (const key in message) {
    const value: unknown = Reflect.get(message, key)
    if (!key.startsWith('$') && typeof value !== 'function') fields[key] = value
  }
  return fields
}

/** Of which nothing was said that is not the default: it is as if nobody had ever spoken of it. */
const isEmptySet = (key: string, own: Json): boolean =>
  key.startsWith('rule_set ') && own['isLockoutAllowed'] === false
