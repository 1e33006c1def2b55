import type { Commit } from '@holdfast/event-log'
import type { HostFacts, RuleSettings, UplinkFacts } from '@holdfast/policy'
import { ruleSetCodec } from '../codecs/rule-set-codec.ts'
import type { PolicyTest, RuleOperation, RuleSetEvent } from '../domain/rule-set-state.ts'
import {
  type InterfaceWords,
  type NetworkEvent,
  networkEvents,
  type PeerWords,
} from '../topology/network-events.ts'

// The state after commits 1..T, by plain maps: nothing of the service's deciders, projections or queries is in it.

export interface NaiveRule {
  readonly id: string
  settings: RuleSettings
  readonly order: number
  readonly createdAtUnixMs: number
  updatedAtUnixMs: number
  updatedByKind: string
  updatedById: string
  revision: number
}

export class NaiveSet {
  readonly rules = new Map<string, NaiveRule>()
  readonly drafts = new Map<
    string,
    { id: string; name: string; operations: readonly RuleOperation[]; openedAtUnixMs: number }
  >()
  readonly tests = new Map<string, PolicyTest>()
  isLockoutAllowed = false
  sequence = 0
  pending: { applyId: string; name: string; untilUnixMs: number } | undefined

  /** By hand: priority, the greater first, then order. */
  inOrder(): readonly NaiveRule[] {
    return [...this.rules.values()].sort(
      (a, b) => b.settings.priority - a.settings.priority || a.order - b.order,
    )
  }
}

interface NaivePeer extends PeerWords {
  readonly id: string
}
interface NaiveInterface extends InterfaceWords {
  readonly peers: Map<string, NaivePeer>
}
interface NaiveNode {
  readonly organizationId: string
  name: string
  siteId: string
  uplinks: readonly UplinkFacts[]
  readonly interfaces: Map<string, NaiveInterface>
}

export class NaiveReplay {
  readonly sets = new Map<string, NaiveSet>()
  readonly nodes = new Map<string, NaiveNode>()
  /** Last names of rules, those that are gone included. */
  readonly names = new Map<string, string>()

  take(commit: Commit): void {
    if (commit.context === 'rules') {
      const set = this.sets.get(commit.aggregateId) ?? new NaiveSet()
      this.sets.set(commit.aggregateId, set)
      set.sequence = Number(commit.sequence)
      for (const stored of commit.events) this.#rules(set, ruleSetCodec.decode(stored), commit)
    }
    if (commit.context === 'network') {
      for (const stored of commit.events) this.#network(networkEvents.decode(stored), commit)
    }
  }

  /** What decides about packets on the nodes of an organization. */
  facts(organizationId: string, nowUnixMs: number): readonly (HostFacts & { name: string })[] {
    return [...this.nodes]
      .filter(([, node]) => node.organizationId === organizationId)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([nodeId, node]) => ({
        nodeId,
        name: node.name,
        siteId: node.siteId,
        uplinks: node.uplinks,
        control: [],
        interfaces: [...node.interfaces]
          .filter(([, { isEnabled }]) => isEnabled)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([id, { name: device, listenPort, firewall, peers }]) => ({
            id,
            device,
            listenPort,
            firewall,
            peers: [...peers.values()]
              .filter(({ isEnabled }) => isEnabled)
              .filter(({ expiresAtUnixMs: at }) => at === 0 || at > nowUnixMs)
              .sort((a, b) => (a.id < b.id ? -1 : 1))
              .map((peer) => ({ id: peer.id, prefixes: peer.prefixes })),
          })),
      }))
  }

  #rules(set: NaiveSet, event: RuleSetEvent, commit: Commit): void {
    const { timeUnixMs, actor } = commit
    const by = {
      updatedAtUnixMs: timeUnixMs,
      updatedByKind: actor.kind,
      updatedById: actor.id,
    }
    switch (event.type) {
      case 'RuleCreated': {
        const { ruleId: id, settings, order, earlierChanges } = event
        const revision = earlierChanges + 1
        set.rules.set(id, { id, settings, order, createdAtUnixMs: timeUnixMs, revision, ...by })
        this.names.set(id, settings.name)
        return
      }
      case 'RuleUpdated': {
        const rule = set.rules.get(event.ruleId)
        if (!rule) throw new Error('only what is there is updated')
        Object.assign(rule, by, { settings: event.settings, revision: rule.revision + 1 })
        this.names.set(event.ruleId, event.settings.name)
        return
      }
      case 'RuleDeleted':
        set.rules.delete(event.ruleId)
        return
      case 'RuleSetSettingsUpdated':
        set.isLockoutAllowed = event.isLockoutAllowed
        return
      case 'PolicyTestSaved':
        set.tests.set(event.test.id, event.test)
        return
      case 'PolicyTestDeleted':
        set.tests.delete(event.testId)
        return
      case 'ChangeSetOpened': {
        const { changeSetId: id, name } = event
        set.drafts.set(id, { id, name, operations: [], openedAtUnixMs: timeUnixMs })
        return
      }
      case 'ChangeSetStaged': {
        const draft = set.drafts.get(event.changeSetId)
        if (draft) draft.operations = event.operations
        return
      }
      case 'ChangeSetDiscarded':
        set.drafts.delete(event.changeSetId)
        return
      case 'ChangeSetApplied': {
        const { applyId, name, confirmWithinMs } = event
        set.drafts.delete(event.changeSetId)
        if (confirmWithinMs === 0) return
        set.pending = { applyId, name, untilUnixMs: timeUnixMs + confirmWithinMs }
        return
      }
      case 'ChangeSetConfirmed':
      case 'ChangeSetReverted':
        set.pending = undefined
    }
  }

  #network(event: NetworkEvent, { aggregateId }: Commit): void {
    const [nodeId = '', interfaceId = ''] = aggregateId.split('.')
    const node = this.nodes.get(nodeId)
    const one = node?.interfaces.get(interfaceId)
    switch (event.type) {
      case 'NodeEnrolled': {
        const { organizationId, name, siteId } = event
        const interfaces = new Map<string, NaiveInterface>()
        this.nodes.set(nodeId, { organizationId, name, siteId, uplinks: [], interfaces })
        return
      }
      case 'NodeUpdated': {
        const { name, siteId, uplinks } = event
        if (node) Object.assign(node, { name, siteId, uplinks })
        return
      }
      case 'NodeDeleted':
        this.nodes.delete(nodeId)
        return
      case 'InterfaceCreated':
        node?.interfaces.set(interfaceId, { ...event.settings, peers: new Map() })
        return
      case 'InterfaceUpdated':
        if (one) Object.assign(one, event.settings)
        return
      case 'InterfaceDeleted':
        node?.interfaces.delete(interfaceId)
        return
      case 'PeerAdded':
      case 'PeerUpdated':
        one?.peers.set(event.peerId, { id: event.peerId, ...event.settings })
        return
      case 'PeerRemoved':
        one?.peers.delete(event.peerId)
    }
  }
}
