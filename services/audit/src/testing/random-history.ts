import { randomBytes } from 'node:crypto'
import { holdfast } from '@holdfast/proto'

const { auth, network, notify, rules, log } = {
  auth: holdfast.auth.v1,
  network: holdfast.network.v1,
  notify: holdfast.notify.v1,
  rules: holdfast.rules.v1,
  log: holdfast.log.v1,
}

/** A commit as a service would write it. */
export interface Told {
  readonly context: 'auth' | 'network' | 'rules' | 'notify'
  readonly type: string
  readonly id: string
  readonly organizationId?: string
  readonly events: readonly { readonly type: string; readonly data: Uint8Array }[]
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const sealed = () =>
  new log.Sealed({ keyId: 'k', nonce: randomBytes(12), ciphertext: randomBytes(48) })

/**
 * Commits of every context, each building on those before: objects are made, changed, changed back, deleted and made
 * again, one commit touches many, deleted interfaces take their peers along, and now and then a commit speaks of what
 * is gone.
 */
export function* randomHistory(
  random: () => number,
  newId: () => string,
  organizations: readonly string[],
): Generator<Told, never> {
  const int = (n: number) => Math.floor(random() * n)
  const pick = <T>(list: readonly T[]): T | undefined => list[int(list.length)]
  const organizationOf = () => pick(organizations) ?? ''
  const interfaces: { id: string; node: string; organizationId: string; peers: string[] }[] = []
  const nodes: { id: string; organizationId: string }[] = []
  const users: string[] = []
  const ruleIds = new Map(organizations.map((id) => [id, [] as string[]]))
  const alerts: string[] = []
  const webhooks: string[] = []

  const peerSettings = () => ({
    name: `peer-${int(9)}`,
    addresses: [`10.0.0.${int(5)}`],
    isEnabled: random() < 0.7,
    keepaliveSeconds: int(3) * 25,
    ...(random() < 0.3 ? { expiresAtUnixMs: 1_800_000_000_000 + int(3) * 1000 } : {}),
    dns: random() < 0.5 ? [] : ['1.1.1.1', '9.9.9.9'].slice(0, 1 + int(2)),
    description: pick(['', 'a', 'b\0c']) ?? '',
  })
  const event = (type: string, data: Uint8Array) => ({ type, data })
  const ruleSettings = () => ({
    name: `rule-${int(9)}`,
    priority: int(4),
    isActive: random() < 0.5,
    tags: random() < 0.5 ? [] : ['x'],
    target: { kind: 1 },
    ...(random() < 0.5 ? { destinationPorts: { from: 22, to: 22 + int(2) } } : {}),
  })

  const moves: (() => Told | undefined)[] = [
    () => {
      const node = { id: newId(), organizationId: organizationOf() }
      nodes.push(node)
      const { organizationId } = node
      const data = network.NodeEnrolled.encode({ organizationId, name: `node-${int(9)}` }).finish()
      const events = [event('NodeEnrolled', data)]
      return { context: 'network', type: 'node', id: node.id, organizationId, events }
    },
    () => {
      const node = pick(nodes)
      if (!node) return undefined
      const data = network.NodeUpdated.encode({
        name: `node-${int(9)}`,
        endpointHost: pick(['', 'vpn.example']) ?? '',
        uplinks: random() < 0.5 ? [] : [{ device: 'eth0', firewall: { defaultVerdict: 0 } }],
      }).finish()
      const { id, organizationId } = node
      const events = [event('NodeUpdated', data)]
      return { context: 'network', type: 'node', id, organizationId, events }
    },
    () => {
      const node = pick(nodes)
      const one = pick(interfaces)
      if (!node || !one) return undefined
      const interfaceId = one.id
      const { id, organizationId } = node
      const events =
        random() < 0.6
          ? [
              event(
                'InterfaceClaimed',
                network.InterfaceClaimed.encode({
                  interfaceId,
                  name: 'wg0',
                  listenPort: 51_820 + int(2),
                }).finish(),
              ),
            ]
          : [event('InterfaceReleased', network.InterfaceReleased.encode({ interfaceId }).finish())]
      return { context: 'network', type: 'node', id, organizationId, events }
    },
    () => {
      const node = nodes.length > 3 ? pick(nodes) : undefined
      if (!node) return undefined
      nodes.splice(nodes.indexOf(node), 1)
      const { id, organizationId } = node
      const events = [event('NodeDeleted', network.NodeDeleted.encode({}).finish())]
      return { context: 'network', type: 'node', id, organizationId, events }
    },
    () => {
      const node = pick(nodes)
      if (!node) return undefined
      const one = {
        id: newId(),
        node: node.id,
        organizationId: node.organizationId,
        peers: [] as string[],
      }
      interfaces.push(one)
      const data = network.InterfaceCreated.encode({
        organizationId: one.organizationId,
        settings: { name: `wg${int(3)}`, addresses: ['10.0.0.1/24'], firewall: {} },
        publicKey: randomBytes(32),
        privateKey: sealed(),
      }).finish()
      return inInterface(one, [event('InterfaceCreated', data)])
    },
    ...Array.from({ length: 6 }, () => () => {
      const one = pick(interfaces)
      return one && inInterface(one, peerEvents(one))
    }),
    () => {
      const one = interfaces.length > 2 ? pick(interfaces) : undefined
      if (!one) return undefined
      const told = inInterface(one, [
        event('InterfaceDeleted', network.InterfaceDeleted.encode({}).finish()),
      ])
      interfaces.splice(interfaces.indexOf(one), 1)
      return told
    },
    () => {
      const id = newId()
      users.push(id)
      const created = auth.UserCreated.encode({ username: sealed(), passwordHash: sealed() })
      return {
        context: 'auth',
        type: 'user',
        id,
        events: [event('UserCreated', created.finish()), role('RoleGranted')],
      }
    },
    () => {
      const id = pick(users)
      if (id === undefined) return undefined
      const events = pick([
        () => [role('RoleGranted')],
        () => [role('RoleRevoked')],
        () => [role('RoleRevoked'), role('RoleGranted')],
        () => [event('UserDisabled', new Uint8Array())],
        () => [event('UserEnabled', new Uint8Array())],
        () => [
          event(
            'PasswordChanged',
            auth.PasswordChanged.encode({ passwordHash: sealed() }).finish(),
          ),
        ],
        () => [
          event('UserErased', new Uint8Array()),
          event(
            'DataKeyDestroyed',
            auth.DataKeyDestroyed.encode({ ownerId: id, kinds: ['person'] }).finish(),
          ),
        ],
      ])?.()
      return events && { context: 'auth', type: 'user', id, events }
    },
    () => {
      const organizationId = organizationOf()
      const known = ruleIds.get(organizationId) ?? []
      const events = Array.from({ length: 1 + int(random() < 0.1 ? 40 : 3) }, () => {
        const ruleId = random() < 0.4 ? undefined : pick(known)
        if (ruleId === undefined) {
          const made = newId()
          known.push(made)
          return event(
            'RuleCreated',
            rules.RuleCreated.encode({
              ruleId: made,
              settings: ruleSettings(),
              order: known.length,
            }).finish(),
          )
        }
        // Deleted ones stay known: later changes speak of what is gone, or bring it back.
        return random() < 0.25
          ? event('RuleDeleted', rules.RuleDeleted.encode({ ruleId }).finish())
          : random() < 0.1
            ? event(
                'RuleCreated',
                rules.RuleCreated.encode({ ruleId, settings: ruleSettings() }).finish(),
              )
            : event(
                'RuleUpdated',
                rules.RuleUpdated.encode({ ruleId, settings: ruleSettings() }).finish(),
              )
      })
      return { context: 'rules', type: 'rule_set', id: organizationId, organizationId, events }
    },
    () => {
      const known = random() < 0.6 ? pick(alerts) : undefined
      const id = known ?? newId()
      if (known === undefined) alerts.push(id)
      const facts = { code: 'backup.late', count: int(4), reopens: random() < 0.3 }
      const events =
        known === undefined || random() < 0.5
          ? [event('AlertRaised', notify.AlertRaised.encode(facts).finish())]
          : [
              event(
                random() < 0.5 ? 'AlertAcknowledged' : 'AlertResolved',
                notify.AlertResolved.encode({ note: pick(['', 'mine']) ?? '' }).finish(),
              ),
            ]
      return { context: 'notify', type: 'alert', id, events }
    },
    () => {
      const known = random() < 0.6 ? pick(webhooks) : undefined
      const id = known ?? newId()
      if (known === undefined) webhooks.push(id)
      const settings = { name: 'hook', url: `https://example.com/${int(2)}`, actions: [] }
      const data = notify.WebhookCreated.encode({ settings, secret: sealed() }).finish()
      const events =
        known === undefined
          ? [event('WebhookCreated', data)]
          : [event('WebhookUpdated', notify.WebhookUpdated.encode({ settings }).finish())]
      return { context: 'notify', type: 'webhook', id, events }
    },
  ]

  function inInterface(one: (typeof interfaces)[number], events: Told['events']): Told {
    const { organizationId } = one
    const id = `${one.node}.${one.id}`
    return { context: 'network', type: 'interface', id, organizationId, events }
  }
  function peerEvents(one: (typeof interfaces)[number]): Told['events'] {
    const peerId = random() < 0.6 ? pick(one.peers) : undefined
    if (peerId === undefined) {
      return Array.from({ length: random() < 0.1 ? 30 : 1 }, () => {
        const made = newId()
        one.peers.push(made)
        const data = network.PeerAdded.encode({
          peerId: made,
          settings: peerSettings(),
          publicKey: randomBytes(32),
          privateKey: sealed(),
        }).finish()
        return event('PeerAdded', data)
      })
    }
    const turn = random()
    if (turn < 0.2) {
      return [event('PeerRemoved', network.PeerRemoved.encode({ peerId }).finish())]
    }
    if (turn < 0.4) {
      const rotated = { peerId, publicKey: randomBytes(32), privateKey: sealed() }
      return [event('PeerKeyRotated', network.PeerKeyRotated.encode(rotated).finish())]
    }
    const changed = network.PeerUpdated.encode({ peerId, settings: peerSettings() }).finish()
    return [event('PeerUpdated', changed)]
  }
  function role(type: 'RoleGranted' | 'RoleRevoked') {
    const organizationId = organizationOf()
    const binding =
      random() < 0.3 ? { role: 1 as const } : { role: (3 + int(2)) as 3 | 4, organizationId }
    return event(type, auth[type].encode({ binding }).finish())
  }

  for (;;) {
    const told = pick(moves)?.()
    if (told) yield told
  }
}
