import { createHash } from 'node:crypto'
import type { Commit } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'

// What objects are, told a second time and as plainly as can be: every event decoded by itself, whole states kept in
// memory, nothing shared with src/objects. What the service answers is held against it.

/** By field, JSON text. A secret is shown as `"[sealed]"` and kept as its ciphertext behind a NUL. */
export type NaiveFields = ReadonlyMap<string, string>
export type NaiveWorld = ReadonlyMap<string, NaiveFields>

const { auth, network, notify, rules, log } = {
  auth: holdfast.auth.v1,
  network: holdfast.network.v1,
  notify: holdfast.notify.v1,
  rules: holdfast.rules.v1,
  log: holdfast.log.v1,
}
const roleNames = ['', 'super_admin', 'org_admin', 'operator', 'auditor', 'viewer']

export const shownValue = (value: string | undefined): string => value?.split('\0')[0] ?? ''

function put(fields: Map<string, string>, path: string, value: unknown): void {
  if (value === null || value === undefined) return
  if (value instanceof log.Sealed || value instanceof log.SealedToNode) {
    fields.set(path, `"[sealed]"\0${Buffer.from(value.ciphertext).toString('base64')}`)
  } else if (value instanceof Uint8Array) {
    fields.set(path, JSON.stringify(Buffer.from(value).toString('base64')))
  } else if (Array.isArray(value)) {
    fields.set(path, JSON.stringify(value.map(plain)))
  } else if (typeof value === 'object') {
    for (const key in value) {
      const inner: unknown = Reflect.get(value, key)
      if (key.startsWith('$') || typeof inner === 'function') continue
      const name = key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
      if (name === 'expires_at_unix_ms') {
        if (inner !== 0) {
          fields.set(`${path}.expires_at`, JSON.stringify(new Date(inner as number).toISOString()))
        }
      } else put(fields, `${path}.${name}`, inner)
    }
  } else fields.set(path, JSON.stringify(word(path, value)))
}

/** The few enums random histories have. */
function word(path: string, value: unknown): unknown {
  const name = path.split('.').at(-1) ?? ''
  if (name === 'url' && typeof value === 'string') return withoutPath(value)
  if (typeof value !== 'number') return value
  if (['default_verdict', 'unparsable_verdict', 'severity'].includes(name)) return ''
  if (['action', 'direction', 'protocol', 'alerts_from', 'format'].includes(name)) return ''
  if (name === 'kind') return ['', 'everything'][value]
  return value
}

/** Addresses of webhooks are shown without what may be a password in them, and with a mark of the whole. */
function withoutPath(url: string): string {
  const mark = createHash('sha256').update(url).digest('base64url').slice(0, 8)
  return `${new URL(url).origin}/… [${mark}]`
}

/** Lists of messages: only uplinks here. */
function plain(item: unknown): unknown {
  if (typeof item !== 'object' || item === null) return item
  const { device, firewall } = item as { device: string; firewall: Record<string, unknown> }
  return {
    device,
    firewall: {
      default_verdict: '',
      is_stateful: firewall['isStateful'],
      drops_fragments: firewall['dropsFragments'],
      unparsable_verdict: '',
    },
  }
}

/** Sorts keys of objects inside values, for fields come in no particular order. */
export const canonical = (text: string): string => {
  if (text === '' || text.includes('\0')) return text
  const sorted = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map(sorted)
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(
            Object.entries(value)
              .map(([key, inner]) => [key, sorted(inner)] as const)
              .sort(([a], [b]) => (a < b ? -1 : 1)),
          )
        : value
  return JSON.stringify(sorted(JSON.parse(text)))
}

/** The world after each commit, by its sequence. */
export function naiveWorlds(commits: readonly Commit[]): ReadonlyMap<bigint, NaiveWorld> {
  const worlds = new Map<bigint, NaiveWorld>([[0n, new Map()]])
  const world = new Map<string, ReadonlyMap<string, string>>()
  const peersOf = new Map<string, Set<string>>()
  for (const commit of commits) {
    const [parent = '', own] = commit.aggregateId.split('.')
    const id = own ?? parent
    const isFirst = commit.aggregateVersion === 1n
    const change = (key: string, edit: (fields: Map<string, string>) => void): void => {
      const fields = world.get(key)
      if (!fields) return
      const next = new Map(fields)
      edit(next)
      world.set(key, next)
    }
    const drop = (fields: Map<string, string>, ...prefixes: string[]) => {
      for (const path of fields.keys()) {
        if (prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}.`))) {
          fields.delete(path)
        }
      }
    }
    const begin = (key: string, edit: (fields: Map<string, string>) => void): void => {
      const fields = new Map<string, string>()
      edit(fields)
      world.set(key, fields)
    }
    commit.events.forEach(({ type, data }, index) => {
      switch (type) {
        case 'NodeEnrolled': {
          const { name, siteId, enrolmentKey, natsPublicKey, hostname, platform } =
            network.NodeEnrolled.decode(data)
          begin(`node ${id}`, (fields) => {
            put(fields, 'enrolment_key', enrolmentKey)
            put(fields, 'nats_public_key', natsPublicKey)
            put(fields, 'hostname', hostname)
            put(fields, 'platform', platform)
            put(fields, 'name', name)
            put(fields, 'site_id', siteId)
            put(fields, 'endpoint_host', '')
            put(fields, 'uplinks', [])
          })
          break
        }
        case 'NodeUpdated': {
          const { name, siteId, endpointHost, uplinks } = network.NodeUpdated.decode(data)
          change(`node ${id}`, (fields) => {
            put(fields, 'name', name)
            put(fields, 'site_id', siteId)
            put(fields, 'endpoint_host', endpointHost)
            put(fields, 'uplinks', uplinks)
          })
          break
        }
        case 'NodeDeleted':
          world.delete(`node ${id}`)
          break
        case 'InterfaceClaimed': {
          const { interfaceId, name, listenPort } = network.InterfaceClaimed.decode(data)
          change(`node ${id}`, (fields) => {
            const claim = JSON.stringify({ name, listen_port: listenPort })
            fields.set(`interfaces[${interfaceId}]`, claim)
          })
          break
        }
        case 'InterfaceReleased': {
          const { interfaceId } = network.InterfaceReleased.decode(data)
          change(`node ${id}`, (fields) => fields.delete(`interfaces[${interfaceId}]`))
          break
        }
        case 'InterfaceCreated': {
          const { settings, publicKey, privateKey } = network.InterfaceCreated.decode(data)
          begin(`interface ${id}`, (fields) => {
            put(fields, 'settings', settings)
            put(fields, 'public_key', publicKey)
            put(fields, 'private_key', privateKey)
          })
          break
        }
        case 'InterfaceDeleted':
          world.delete(`interface ${id}`)
          for (const peer of peersOf.get(id) ?? []) world.delete(`peer ${peer}`)
          break
        case 'PeerAdded': {
          const { peerId, settings, publicKey, privateKey } = network.PeerAdded.decode(data)
          peersOf.set(id, (peersOf.get(id) ?? new Set()).add(peerId))
          begin(`peer ${peerId}`, (fields) => {
            put(fields, 'settings', settings)
            put(fields, 'public_key', publicKey)
            put(fields, 'private_key', privateKey)
          })
          break
        }
        case 'PeerUpdated': {
          const { peerId, settings } = network.PeerUpdated.decode(data)
          change(`peer ${peerId}`, (fields) => {
            drop(fields, 'settings')
            put(fields, 'settings', settings)
          })
          break
        }
        case 'PeerKeyRotated': {
          const { peerId, publicKey, privateKey } = network.PeerKeyRotated.decode(data)
          change(`peer ${peerId}`, (fields) => {
            put(fields, 'public_key', publicKey)
            put(fields, 'private_key', privateKey)
          })
          break
        }
        case 'PeerRemoved':
          world.delete(`peer ${network.PeerRemoved.decode(data).peerId}`)
          break
        case 'UserCreated': {
          const { username, passwordHash } = auth.UserCreated.decode(data)
          begin(`user ${id}`, (fields) => {
            put(fields, 'username', username)
            put(fields, 'password_hash', passwordHash)
            put(fields, 'is_disabled', false)
          })
          break
        }
        case 'PasswordChanged':
          change(`user ${id}`, (fields) =>
            put(fields, 'password_hash', auth.PasswordChanged.decode(data).passwordHash),
          )
          break
        case 'UserDisabled':
        case 'UserEnabled':
          change(`user ${id}`, (fields) => put(fields, 'is_disabled', type === 'UserDisabled'))
          break
        case 'RoleGranted':
        case 'RoleRevoked': {
          const { binding } = auth.RoleGranted.decode(data)
          const where = binding?.organizationId ? `@${binding.organizationId}` : ''
          const path = `roles[${roleNames[binding?.role ?? 0]}${where}]`
          change(`user ${id}`, (fields) => {
            if (type === 'RoleGranted') fields.set(path, 'true')
            else fields.delete(path)
          })
          break
        }
        case 'UserErased':
          world.delete(`user ${id}`)
          break
        case 'DataKeyDestroyed':
          break
        case 'RuleCreated': {
          const { ruleId, settings, order } = rules.RuleCreated.decode(data)
          begin(`rule ${ruleId}`, (fields) => {
            put(fields, 'settings', settings)
            put(fields, 'order', order)
          })
          break
        }
        case 'RuleUpdated': {
          const { ruleId, settings } = rules.RuleUpdated.decode(data)
          change(`rule ${ruleId}`, (fields) => {
            drop(fields, 'settings')
            put(fields, 'settings', settings)
          })
          break
        }
        case 'RuleDeleted':
          world.delete(`rule ${rules.RuleDeleted.decode(data).ruleId}`)
          break
        case 'AlertRaised': {
          const { organizationId: _, ...facts } = notify.AlertRaised.decode(data)
          const raised = notify.AlertRaised.decode(data)
          const set = (fields: Map<string, string>) => {
            put(fields, 'rule_id', raised.ruleId)
            put(fields, 'code', raised.code)
            put(fields, 'severity', '')
            put(fields, 'title', raised.title)
            put(fields, 'detail', raised.detail)
            put(fields, 'about_sequence', raised.aboutSequence)
            put(fields, 'count', raised.count)
            put(fields, 'reopens', raised.reopens)
          }
          if (isFirst && index === 0) {
            begin(`alert ${id}`, (fields) => {
              set(fields)
              put(fields, 'state', 'open')
            })
          } else {
            change(`alert ${id}`, (fields) => {
              set(fields)
              if (facts.reopens) put(fields, 'state', 'open')
            })
          }
          break
        }
        case 'AlertAcknowledged':
        case 'AlertResolved': {
          const { note } = notify.AlertResolved.decode(data)
          change(`alert ${id}`, (fields) => {
            put(fields, 'state', type === 'AlertResolved' ? 'resolved' : 'acknowledged')
            if (note !== '') put(fields, 'note', note)
          })
          break
        }
        case 'WebhookCreated': {
          const { settings, secret } = notify.WebhookCreated.decode(data)
          begin(`webhook ${id}`, (fields) => {
            put(fields, 'settings', settings)
            put(fields, 'secret', secret)
            put(fields, 'is_suspended', false)
          })
          break
        }
        case 'WebhookUpdated': {
          const { settings } = notify.WebhookUpdated.decode(data)
          change(`webhook ${id}`, (fields) => {
            drop(fields, 'settings')
            put(fields, 'settings', settings)
          })
          break
        }
        default:
          throw new Error(`the naive model does not know ${type}`)
      }
    })
    worlds.set(commit.sequence, new Map(world))
  }
  return worlds
}
