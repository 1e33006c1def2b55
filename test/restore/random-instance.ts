import type { InterfaceId, NodeId, OrganizationId, PeerId, SiteId, UserId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import type { Aggregate } from '@holdfast/event-log'
import { parseHostCidr, parseInterfaceName, take, wgKeyFrom } from '@holdfast/net'
import { defaultFirewall, type RuleSettings } from '@holdfast/policy'
import {
  enrolments,
  organizations,
  sites,
  subscribers,
  users,
} from '../../services/auth/src/commands/aggregates.ts'
import { schedules } from '../../services/backup/src/commands/schedule-aggregates.ts'
import { storageLocations } from '../../services/backup/src/commands/storage-aggregates.ts'
import { interfaces, nodes } from '../../services/network/src/commands/aggregates.ts'
import { claims } from '../../services/network/src/commands/claims.ts'
import { webhooks } from '../../services/notify/src/commands/aggregates.ts'
import { alertRules } from '../../services/notify/src/commands/alert-aggregates.ts'
import { ruleSets } from '../../services/rules/src/commands/aggregates.ts'
import type {
  ApplyId,
  ChangeSetId,
  PolicyTestId,
  RuleId,
} from '../../services/rules/src/domain/ids.ts'
import type { RuleOperation } from '../../services/rules/src/domain/rule-set-state.ts'
import { type MemoryLog, someCommand } from './memory-log.ts'

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

/** The one who is always there, and asks for restores. */
export const adminId = '01900000-0000-7000-8000-0000000000ad' as UserId
const now = 1_600_000_000_000

/** What is there now, as far as the next command has to know. */
interface Living {
  readonly organizations: OrganizationId[]
  readonly sites: { readonly id: SiteId; readonly of: OrganizationId }[]
  readonly users: UserId[]
  /** Of organizations somebody once had a role in. */
  readonly peopled: Set<string>
  readonly tokens: NodeId[]
  readonly subscribers: { readonly id: string; readonly name: string }[]
  readonly nodes: { readonly id: NodeId; readonly of: OrganizationId }[]
  readonly interfaces: {
    readonly id: InterfaceId
    readonly node: NodeId
    readonly subnet: number
    name: string
    readonly peers: PeerId[]
  }[]
  readonly rules: Map<string, RuleId[]>
  readonly drafts: { readonly id: ChangeSetId; readonly of: OrganizationId }[]
  readonly tests: { readonly id: PolicyTestId; readonly of: OrganizationId }[]
  readonly waiting: Set<string>
  readonly named: { readonly kind: string; readonly id: string; name: string; of: string }[]
}

/**
 * An instance that lives by the deciders of its services: everything a restore may bring back is made, changed, changed back,
 * deleted; names go from one to another. `mayLose`: whether that may happen which no restore takes back.
 */
export function randomInstance(log: MemoryLog, random: () => number) {
  const int = (n: number): number => Math.floor(random() * n)
  const pick = <T>(list: readonly T[]): T | undefined => list[int(list.length)]
  const chance = (share: number): boolean => random() < share
  let ids = 0
  /** Follows from the seed, as everything else. */
  const newId = <Id extends string>(): Id =>
    `01900000-0000-7000-8000-${(0x1000 + ids++).toString(16).padStart(12, '0')}` as Id // as: a UUID
  const living: Living = {
    ...{ organizations: [], sites: [], users: [], tokens: [], subscribers: [], nodes: [] },
    ...{ interfaces: [], drafts: [], tests: [], named: [] },
    ...{ peopled: new Set(), rules: new Map(), waiting: new Set() },
  }
  const held = claims(log, log.now)
  const key = () => wgKeyFrom(bytes(32))
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => int(256))
  const sealed = () => ({ keyId: 'k1', nonce: bytes(12), ciphertext: bytes(24) })
  const enrolmentKey = new Uint8Array(32).fill(3)
  const sealedToNode = () => ({
    ...{ recipient: enrolmentKey, ephemeralPublicKey: bytes(32), nonce: bytes(12) },
    ciphertext: bytes(24),
  })
  const word = () => pick(['', 'one', 'two', 'three', 'ünï'] as const) ?? ''

  /** Whether the decider took it. */
  async function tell<C, E, S>(
    aggregate: Aggregate<C, E, S>,
    id: string,
    command: C,
    organizationId?: string,
  ): Promise<boolean> {
    const before = log.head
    try {
      await log.execute(aggregate, id, command, someCommand(organizationId))
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
    }
    return log.head > before
  }
  const drop = <T>(list: T[], one: T): void => {
    list.splice(list.indexOf(one), 1)
  }
  /** Of few, and nobody's at the moment. */
  function freeName(kind: string, of: string): string | undefined {
    const name = `${kind[0]}-${int(4)}`
    const isTaken = living.named.some(
      (one) => one.kind === kind && one.of === of && one.name === name,
    )
    return isTaken ? undefined : name
  }
  const orgOrInstance = (): string => (chance(0.3) ? '' : (pick(living.organizations) ?? ''))

  const moves: Record<string, () => Promise<unknown>> = {
    async organization() {
      const id = newId<OrganizationId>()
      const command = {
        type: 'CreateOrganization' as const,
        id,
        name: `org ${ids}`,
        description: '',
      }
      if (living.organizations.length < 6 && (await tell(organizations, id, command)))
        living.organizations.push(id)
    },
    async 'organization changed'() {
      const id = pick(living.organizations)
      if (!id) return
      const command = { type: 'UpdateOrganization' as const, id, description: word() }
      await tell(organizations, id, command)
    },
    async 'organization deleted'() {
      const id = pick(living.organizations)
      const isNeeded = (of: string | undefined): boolean => of === id
      const isEmpty =
        id !== undefined &&
        living.organizations.length > 2 &&
        !living.peopled.has(id) &&
        !living.sites.some(({ of }) => isNeeded(of)) &&
        !living.nodes.some(({ of }) => isNeeded(of)) &&
        !living.named.some(({ of }) => isNeeded(of)) &&
        !living.rules.has(id)
      if (!isEmpty) return
      const command = { type: 'DeleteOrganization' as const, id, sites: 0, nodes: 0 }
      if (await tell(organizations, id, command)) drop(living.organizations, id)
    },
    async site() {
      const of = pick(living.organizations)
      const id = newId<SiteId>()
      if (!of || living.sites.length > 10) return
      const command = { type: 'CreateSite' as const, id, organizationId: of, name: word() }
      if (await tell(sites, id, { ...command, description: '' }, of)) living.sites.push({ id, of })
    },
    async 'site changed'() {
      const one = pick(living.sites)
      if (one) await tell(sites, one.id, { type: 'UpdateSite', id: one.id, name: word() }, one.of)
    },
    async 'site deleted'() {
      const one = pick(living.sites)
      if (one && (await tell(sites, one.id, { type: 'DeleteSite', id: one.id }, one.of)))
        drop(living.sites, one)
    },
    async user() {
      const id = newId<UserId>()
      if (living.users.length > 12) return
      const profile = { username: sealed(), email: sealed(), displayName: sealed() }
      const command = { type: 'CreateUser' as const, id, ...profile, passwordHash: sealed() }
      if (await tell(users, id, { ...command, bindings: [] })) living.users.push(id)
    },
    async 'user changed'() {
      const id = pick(living.users)
      const organizationId = pick(living.organizations)
      if (!id || !organizationId) return
      living.peopled.add(organizationId)
      const binding = { role: 'OPERATOR' as const, organizationId }
      const otherSuperAdmins = 1
      await tell(
        users,
        id,
        pick([
          { type: 'GrantRole' as const, id, binding },
          { type: 'GrantRole' as const, id, binding: { role: 'SUPER_ADMIN' as const } },
          { type: 'RevokeRole' as const, id, binding, otherSuperAdmins },
          {
            ...{ type: 'RevokeRole' as const, id, otherSuperAdmins },
            binding: { role: 'SUPER_ADMIN' as const },
          },
          { type: 'DisableUser' as const, id, otherSuperAdmins },
          { type: 'EnableUser' as const, id },
          { type: 'ChangePassword' as const, id, passwordHash: sealed() },
        ]) ?? { type: 'EnableUser', id },
      )
    },
    async subscriber() {
      const name = `s-${int(8)}`
      if (living.subscribers.some((one) => one.name === name)) return
      const id = newId<string>()
      const command = { type: 'CreateSubscriber' as const, organizationId: undefined, name }
      const rest = { actions: chance(0.5) ? [] : ['network'], natsPublicKey: `U${ids}` }
      if (await tell(subscribers, id, { ...command, ...rest }))
        living.subscribers.push({ id, name })
    },
    async 'subscriber changed'() {
      const one = pick(living.subscribers)
      if (!one) return
      const { id } = one
      if (chance(0.5))
        await tell(subscribers, id, { type: 'RotateSubscriber', id, natsPublicKey: `U${ids++}` })
      else if (await tell(subscribers, id, { type: 'RevokeSubscriber', id }))
        drop(living.subscribers, one)
    },
    async 'node changed'() {
      const one = pick(living.nodes)
      if (!one) return
      const changes = pick([
        { name: `gw-${int(5)}` },
        { siteId: pick(living.sites.filter(({ of }) => of === one.of))?.id ?? '' },
        { endpointHost: '' as const },
      ])
      await tell(nodes, one.id, { type: 'UpdateNode', changes: changes ?? {} }, one.of)
    },
    async interface() {
      const node = pick(living.nodes)
      if (!node || living.interfaces.length > 14) return
      const beside = living.interfaces.filter((one) => one.node === node.id)
      const subnet = int(6)
      const name = `wg${int(6)}`
      if (beside.some((one) => one.subnet === subnet || one.name === name)) return
      const id = newId<InterfaceId>()
      const place = { nodeId: node.id, interfaceId: id }
      const wish = { name: take(parseInterfaceName, name, 'name'), listenPort: 0 }
      const claim = await held.hold(place, wish, someCommand(node.of))
      const settings = {
        ...claim,
        addresses: [take(parseHostCidr, `10.${subnet}.0.1/24`, 'address')],
        ...{ mtu: 1420, dns: [], endpoint: '' as const, clientAllowedIps: [], isEnabled: true },
        ...{ extraDirectives: [], addressQuarantineSeconds: 0, firewall: defaultFirewall },
      }
      const keys = { publicKey: key(), privateKey: sealed(), privateKeyForNode: sealedToNode() }
      const command = { type: 'CreateInterface' as const, organizationId: node.of, settings, keys }
      const isMade = await tell(
        interfaces,
        `${node.id}.${id}`,
        { ...command, peers: [], now },
        node.of,
      )
      if (!isMade) throw new Error('an interface that may be there was refused')
      living.interfaces.push({ id, node: node.id, subnet, name, peers: [] })
    },
    async 'interface changed'() {
      const one = pick(living.interfaces)
      if (!one) return
      const id = `${one.node}.${one.id}`
      if (chance(0.3)) {
        const keys = { publicKey: key(), privateKey: sealed(), privateKeyForNode: sealedToNode() }
        await tell(interfaces, id, { type: 'RotateInterfaceKey', keys })
        return
      }
      const name = `wg${int(6)}`
      const beside = living.interfaces.filter(({ node }) => node === one.node)
      if (beside.some((other) => other.name === name) || chance(0.5)) {
        const changes = { mtu: 1280 + int(3) }
        await tell(interfaces, id, { type: 'UpdateInterface', changes })
        return
      }
      const place = { nodeId: one.node, interfaceId: one.id }
      const { settings } = (await log.fold(interfaces, id)).state
      if (!settings) return
      const claim = {
        name: take(parseInterfaceName, name, 'name'),
        listenPort: settings.listenPort,
      }
      await held.hold(place, claim, someCommand())
      await tell(interfaces, id, { type: 'UpdateInterface', changes: claim })
      await held.settle(place, claim, someCommand())
      one.name = name
    },
    async 'interface deleted'() {
      const one = living.interfaces.length > 4 ? pick(living.interfaces) : undefined
      if (!one) return
      await tell(interfaces, `${one.node}.${one.id}`, { type: 'DeleteInterface' })
      const place = { nodeId: one.node, interfaceId: one.id }
      await held.settle(place, undefined, someCommand())
      drop(living.interfaces, one)
    },
    async peer() {
      const one = pick(living.interfaces)
      if (!one || one.peers.length > 12) return
      const id = newId<PeerId>()
      const settings = {
        ...{ name: `peer-${int(9)}`, addresses: undefined, allowedIps: [], clientAllowedIps: [] },
        ...{ endpoint: '' as const, keepaliveSeconds: 25, isEnabled: true, expiresAtUnixMs: 0 },
        ...{ dns: [], description: word() },
      }
      const isPreshared = chance(0.3)
      const keys = {
        publicKey: key(),
        privateKey: chance(0.5) ? sealed() : undefined,
        presharedKey: isPreshared ? sealed() : undefined,
        presharedKeyForNode: isPreshared ? sealedToNode() : undefined,
      }
      const command = { type: 'AddPeer' as const, peer: { id, settings, ...keys }, now }
      if (await tell(interfaces, `${one.node}.${one.id}`, command)) one.peers.push(id)
    },
    async 'peer changed'() {
      const one = pick(living.interfaces)
      const peerId = one && pick(one.peers)
      if (!one || !peerId) return
      const id = `${one.node}.${one.id}`
      const changes = pick([
        { name: `peer-${int(9)}` },
        { isEnabled: chance(0.5) },
        { description: word() },
        { keepaliveSeconds: int(3) * 10 },
      ])
      if (chance(0.7))
        await tell(interfaces, id, { type: 'UpdatePeer', peerId, changes: changes ?? {}, now })
      else
        await tell(interfaces, id, {
          ...{ type: 'RotatePeerKey', peerId, publicKey: key() },
          privateKey: chance(0.5) ? sealed() : undefined,
        })
    },
    async 'peer removed'() {
      const one = pick(living.interfaces)
      const peerId = one && pick(one.peers)
      if (!one || !peerId) return
      const command = { type: 'RemovePeer' as const, peerId, now }
      if (await tell(interfaces, `${one.node}.${one.id}`, command)) drop(one.peers, peerId)
    },
    async rule() {
      const of = pick(living.organizations)
      if (!of) return
      const ruleId = newId<RuleId>()
      const command = { type: 'CreateRule' as const, ruleId, settings: ruleSettings(), now }
      if (await inRules(of, command)) known(of).push(ruleId)
    },
    async 'rule changed'() {
      const of = pick([...living.rules.keys()]) as OrganizationId | undefined // as: keys of that map
      const ruleId = of && pick(known(of))
      if (!of || !ruleId) return
      const { name, priority, logs, isActive } = ruleSettings()
      const changes = pick([{ name }, { priority }, { logs }, { isActive }]) ?? {}
      await inRules(of, { type: 'UpdateRule', ruleId, changes, now })
    },
    async 'rule deleted'() {
      const of = pick([...living.rules.keys()]) as OrganizationId | undefined // as: see above
      const ruleId = of && pick(known(of))
      if (of && ruleId && (await inRules(of, { type: 'DeleteRule', ruleId })))
        drop(known(of), ruleId)
    },
    async 'rules beside'() {
      const of = pick(living.organizations)
      if (!of) return
      living.rules.set(of, known(of))
      const test = pick(living.tests.filter((one) => one.of === of))
      if (chance(0.2)) {
        await inRules(of, { type: 'UpdateRuleSet', isLockoutAllowed: chance(0.5) })
        return
      }
      if (chance(0.4) && test) {
        if (await inRules(of, { type: 'DeletePolicyTest', testId: test.id }))
          drop(living.tests, test)
        return
      }
      const id = test && chance(0.5) ? test.id : newId<PolicyTestId>()
      const said = {
        ...{ id, name: `t-${int(9)}`, direction: 'ingress' as const, protocol: 'tcp' as const },
        ...{ source: undefined, destination: undefined, sourcePorts: undefined },
        ...{ destinationPorts: chance(0.5) ? { from: 22, to: 22 + int(3) } : undefined },
        ...{ target: { kind: 'everything' as const }, expectation: 'pass' as const },
      }
      if ((await inRules(of, { type: 'SavePolicyTest', test: said })) && id !== test?.id)
        living.tests.push({ id, of })
    },
    async draft() {
      const of = pick(living.organizations)
      const open = pick(living.drafts)
      if (open && chance(0.4)) {
        const { id: changeSetId } = open
        const isApplied = chance(0.5)
        const command = isApplied
          ? ({ ...application(), type: 'ApplyChangeSet', changeSetId, operations: [] } as const)
          : ({ type: 'DiscardChangeSet', changeSetId } as const)
        const added = (await log.fold(ruleSets, open.of)).state.drafts.get(changeSetId)?.operations
        const rulesMade = (added ?? []).filter(({ kind }) => kind === 'create')
        const rulesGone = (added ?? []).filter(({ kind }) => kind === 'delete')
        if (!(await inRules(open.of, command))) return
        drop(living.drafts, open)
        if (!isApplied) return
        known(open.of).push(...rulesMade.map(({ ruleId }) => ruleId))
        for (const { ruleId } of rulesGone) drop(known(open.of), ruleId)
        return
      }
      if (!of || living.drafts.length > 12) return
      const changeSetId = newId<ChangeSetId>()
      const operations = operationsFor(of)
      const command = { type: 'OpenChangeSet' as const, changeSetId, name: word(), operations }
      if (await inRules(of, command)) living.drafts.push({ id: changeSetId, of })
    },
    async 'confirmed change'() {
      const of = pick([...living.rules.keys()]) as OrganizationId | undefined // as: see above
      if (!of) return
      if (living.waiting.has(of)) {
        const isKept = chance(0.5)
        const before = (await log.fold(ruleSets, of)).state.pending?.before
        const touched = [...(before ?? [])].map(([id, rule]) => ({
          id,
          wasThere: rule !== undefined,
        }))
        const command = isKept
          ? ({ type: 'ConfirmChangeSet', applyId: '' } as const)
          : ({ type: 'RevertChangeSet', applyId: '', cause: 'cancelled' } as const)
        await inRules(of, command)
        living.waiting.delete(of)
        const { rules } = (await log.fold(ruleSets, of)).state
        const list = known(of)
        for (const { id } of touched) {
          if (rules.has(id) && !list.includes(id)) list.push(id)
          else if (!rules.has(id) && list.includes(id)) drop(list, id)
        }
        return
      }
      const operations = operationsFor(of)
      const command = {
        ...application(60_000),
        type: 'ApplyChangeSet' as const,
        changeSetId: '' as const,
      }
      if (await inRules(of, { ...command, operations })) living.waiting.add(of)
    },
    async webhook() {
      const of = orgOrInstance()
      const name = freeName('webhook', of)
      if (name === undefined) return
      const id = newId<string>()
      const settings = {
        ...{ name, url: 'https://example.org/a', actions: [], filter: '', isEnabled: true },
        ...{ description: word(), alertsFrom: undefined, format: 'standard' as const },
      }
      const command = { type: 'CreateWebhook' as const, id, organizationId: of, settings }
      if (await tell(webhooks, id, { ...command, secret: sealed() }, of))
        living.named.push({ kind: 'webhook', id, name, of })
    },
    'alert rule': async () => {
      const of = orgOrInstance()
      const name = freeName('alert_rule', of)
      if (name === undefined) return
      const id = newId<string>()
      const settings = {
        ...{ name, severity: 'warning' as const, actions: ['network'], filter: '', threshold: 1 },
        ...{ windowMs: 60_000, mailTo: chance(0.5) ? [sealed()] : [], isEnabled: true },
        ...{ description: '', alarms: [] },
      }
      const organizationId = of === '' ? undefined : of
      const command = { type: 'CreateAlertRule' as const, id, organizationId, settings }
      if (await tell(alertRules, id, command, of))
        living.named.push({ kind: 'alert_rule', id, name, of })
    },
    async location() {
      const of = orgOrInstance()
      const name = freeName('storage_location', of)
      if (name === undefined) return
      const id = newId<string>()
      const settings = {
        ...{ name, kind: 's3', config: '{"bucket":"b"}', description: word() },
        ...{ isContinuous: false, isImmutable: false, keepDaily: 0, keepWeekly: 0, keepMonthly: 0 },
      }
      const credentials = chance(0.7) ? { sealed: sealed(), fields: ['secret'] } : undefined
      const command = { type: 'CreateStorageLocation' as const, id, organizationId: of, settings }
      if (await tell(storageLocations, id, { ...command, credentials }, of))
        living.named.push({ kind: 'storage_location', id, name, of })
    },
    async schedule() {
      const of = orgOrInstance()
      const name = freeName('schedule', of)
      if (name === undefined) return
      const id = newId<string>()
      const settings = {
        ...{ name, cronExpression: '0 2 * * *', timeZone: '', kind: 'snapshot' as const },
        ...{ storageLocationId: location(of), retentionDays: 30, maxBackups: 10 },
        ...{ isEncrypted: true, contents: { devices: true, users: false, automation: true } },
        ...{ missedPolicy: 'skip' as const, isEnabled: true, description: '' },
      }
      const passphrase = chance(0.5) ? sealed() : undefined
      const command = {
        type: 'CreateSchedule' as const,
        id,
        organizationId: of,
        settings,
        passphrase,
      }
      if (await tell(schedules, id, command, of))
        living.named.push({ kind: 'schedule', id, name, of })
    },
    async 'named changed'() {
      const one = pick(living.named)
      if (!one) return
      const { id, kind, of } = one
      const name = chance(0.5) ? freeName(kind, of) : undefined
      const renamed = name === undefined ? {} : { name }
      const changes = { ...renamed, description: word() }
      const isToldOf = async (): Promise<boolean> => {
        switch (kind) {
          case 'webhook':
            return chance(0.8)
              ? await tell(webhooks, id, { type: 'UpdateWebhook', id, changes }, of)
              : await tell(
                  webhooks,
                  id,
                  { type: 'RotateSecret', id, secret: sealed(), oldUntilUnixMs: 1 },
                  of,
                )
          case 'alert_rule':
            return await tell(alertRules, id, { type: 'UpdateAlertRule', id, change: changes }, of)
          case 'schedule': {
            const isEnabled = chance(0.5)
            const passphrase = pick([undefined, 'none' as const, sealed()])
            const said = { ...changes, isEnabled }
            return await tell(
              schedules,
              id,
              { type: 'UpdateSchedule', id, changes: said, passphrase },
              of,
            )
          }
          default: {
            const credentials = chance(0.3) ? { sealed: sealed(), fields: ['secret'] } : undefined
            return await tell(
              storageLocations,
              id,
              { type: 'UpdateStorageLocation', id, changes, credentials },
              of,
            )
          }
        }
      }
      const isRotation = log.head
      if ((await isToldOf()) && name !== undefined) {
        const last = log.commits[Number(isRotation)]
        if (last?.events[0]?.type !== 'WebhookSecretRotated') one.name = name
      }
    },
    async 'named deleted'() {
      const one = pick(living.named)
      if (!one) return
      const { id, kind, of } = one
      if (kind === 'webhook') await tell(webhooks, id, { type: 'DeleteWebhook', id }, of)
      else if (kind === 'alert_rule')
        await tell(alertRules, id, { type: 'DeleteAlertRule', id, isBuiltin: false }, of)
      else if (kind === 'schedule') await tell(schedules, id, { type: 'DeleteSchedule', id }, of)
      else {
        const users = living.named.filter((other) => other.kind === 'schedule')
        for (const { id: user } of users) {
          const { state } = await log.fold(schedules, user)
          if (state.settings.storageLocationId === id) return
        }
        await tell(storageLocations, id, { type: 'DeleteStorageLocation', id }, of)
      }
      drop(living.named, one)
    },
  }

  /** What no restore takes back. */
  const losses: (() => Promise<unknown>)[] = [
    async () => {
      const of = pick(living.organizations)
      const id = newId<NodeId>()
      if (!of || living.nodes.length > 5) return
      const identity = { organizationId: of, enrolmentKey, natsPublicKey: `N${ids}` }
      const more = { hostname: 'host', platform: 'linux' }
      const settings = { name: `gw-${ids}`, siteId: '', endpointHost: '' as const, uplinks: [] }
      const command = { type: 'EnrollNode' as const, identity: { ...identity, ...more }, settings }
      if (await tell(nodes, id, command, of)) living.nodes.push({ id, of })
    },
    async () => {
      const one = living.nodes.length > 2 ? pick(living.nodes) : undefined
      if (one && (await tell(nodes, one.id, { type: 'DeleteNode' }, one.of)))
        drop(living.nodes, one)
    },
    async () => {
      const id = living.users.length > 3 ? pick(living.users) : undefined
      if (!id) return
      if (await tell(users, id, { type: 'EraseUser', id, otherSuperAdmins: 1 }))
        drop(living.users, id)
    },
    async () => {
      const id = newId<NodeId>()
      const of = pick(living.organizations)
      if (!of) return
      living.peopled.add(of)
      const token = { tokenHash: bytes(32), organizationId: of, siteId: undefined }
      const command = { type: 'CreateToken' as const, ...token, nodeName: 'gw', expiresAtUnixMs: 1 }
      if (await tell(enrolments, id, command, of)) living.tokens.push(id)
    },
    async () => {
      const id = pick(living.tokens)
      if (id && (await tell(enrolments, id, { type: 'RevokeIdentity', id })))
        drop(living.tokens, id)
    },
  ]

  function known(of: string): RuleId[] {
    const list = living.rules.get(of) ?? []
    living.rules.set(of, list)
    return list
  }
  const location = (of: string): string =>
    pick(living.named.filter((one) => one.kind === 'storage_location' && one.of === of))?.id ??
    log.lineageId
  const inRules = (
    organizationId: OrganizationId,
    wish: Parameters<typeof ruleSets.decider.decide>[0] extends infer C
      ? C extends unknown
        ? Omit<C, 'organizationId' | 'checkTests'>
        : never
      : never,
  ): Promise<boolean> => {
    // as: spreading a union loses which member it was
    const command = { ...wish, organizationId, checkTests: () => [] } as Parameters<
      typeof ruleSets.decider.decide
    >[0]
    return tell(ruleSets, organizationId, command, organizationId)
  }
  const application = (confirmWithinMs = 0) => ({
    ...{ applyId: newId<ApplyId>(), confirmWithinMs, name: 'change', now },
  })
  const ruleSettings = (): RuleSettings => ({
    ...{ name: `rule-${int(40)}`, action: chance(0.5) ? 'deny' : 'allow', direction: 'ingress' },
    ...{ protocol: 'any', source: undefined, destination: undefined, sourcePorts: undefined },
    ...{ destinationPorts: undefined, rate: undefined, priority: int(5), isActive: chance(0.8) },
    ...{ continues: false, logs: chance(0.5), target: { kind: 'everything' }, expiresAtUnixMs: 0 },
    ...{ tags: chance(0.5) ? [] : ['x'], description: word() },
  })
  function operationsFor(of: string): readonly RuleOperation[] {
    const found = new Map<RuleId, RuleOperation>()
    for (let n = 0; n < 1 + int(3); n++) {
      const ruleId = pick(known(of))
      const made = newId<RuleId>()
      if (!ruleId || chance(0.4))
        found.set(made, { kind: 'create', ruleId: made, settings: ruleSettings() })
      else if (chance(0.3)) found.set(ruleId, { kind: 'delete', ruleId, baseRevision: 0 })
      else found.set(ruleId, { kind: 'update', ruleId, settings: ruleSettings(), baseRevision: 0 })
    }
    return [...found.values()]
  }

  return {
    async begin(): Promise<void> {
      const profile = { username: sealed(), email: sealed(), displayName: sealed() }
      const bindings = [{ role: 'SUPER_ADMIN' as const }]
      const command = { type: 'CreateUser' as const, id: adminId, ...profile, bindings }
      await tell(users, adminId, { ...command, passwordHash: sealed() })
      for (let n = 0; n < 3; n++) await moves['organization']?.()
      for (let n = 0; n < 3; n++) await losses[0]?.()
    },
    /** Until there are so many commits. */
    async live(commits: number, { mayLose }: { readonly mayLose: boolean }): Promise<void> {
      const list = Object.values(moves)
      while (log.commits.length < commits) {
        if (mayLose && chance(0.03)) await pick(losses)?.()
        else await pick(list)?.()
      }
    },
    /** No change waits for its confirmation any more. */
    async settle(): Promise<void> {
      for (const of of living.waiting)
        await inRules(of as OrganizationId, { type: 'ConfirmChangeSet', applyId: '' }) // as: keys
      living.waiting.clear()
    },
  }
}
