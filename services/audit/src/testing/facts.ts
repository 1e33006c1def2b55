import { type Decider, newId } from '@holdfast/domain'
import type { Aggregate, EventLog, StoredEvent } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'

// Facts of other services, as they would have written them: only their published messages count here.

/** Stores whatever it is given. */
const anything: Decider<StoredEvent, StoredEvent, number> = {
  initial: () => 0,
  decide: (event) => [event],
  evolve: (count) => count + 1,
}

async function tell(
  log: EventLog,
  subject: { readonly context: string; readonly type: string; readonly id: string },
  organizationId: string,
  type: string,
  data: Uint8Array,
): Promise<void> {
  const aggregate: Aggregate<StoredEvent, StoredEvent, number> = {
    ...subject,
    decider: anything,
    codec: { encode: (event) => event, decode: (event) => event },
  }
  const event = { type, schema: 1, data }
  await log.execute(aggregate, subject.id, event, {
    commandId: newId(),
    isKeyed: false,
    organizationId,
    actor: { kind: 'service', id: 'test' },
    correlationId: newId(),
  })
}

export interface Facts {
  enroll(organizationId: string, name: string): Promise<string>
  renameNode(organizationId: string, nodeId: string, name: string): Promise<void>
  deleteNode(organizationId: string, nodeId: string): Promise<void>
  addPeer(organizationId: string, nodeId: string, name: string): Promise<string>
  createRule(organizationId: string, name: string): Promise<string>
}

/** `network` and `rules`: the log as those services see it. */
export function facts(network: EventLog, rules: EventLog): Facts {
  const v1 = holdfast.network.v1
  const node = (id: string) => ({ context: 'network', type: 'node', id })
  return {
    async enroll(organizationId, name) {
      const nodeId = newId<string>()
      const data = v1.NodeEnrolled.encode({ organizationId, name }).finish()
      await tell(network, node(nodeId), organizationId, 'NodeEnrolled', data)
      return nodeId
    },
    async renameNode(organizationId, nodeId, name) {
      const data = v1.NodeUpdated.encode({ name }).finish()
      await tell(network, node(nodeId), organizationId, 'NodeUpdated', data)
    },
    async deleteNode(organizationId, nodeId) {
      const data = v1.NodeDeleted.encode({}).finish()
      await tell(network, node(nodeId), organizationId, 'NodeDeleted', data)
    },
    async addPeer(organizationId, nodeId, name) {
      const peerId = newId<string>()
      const data = v1.PeerAdded.encode({ peerId, settings: { name } }).finish()
      const subject = { context: 'network', type: 'interface', id: `${nodeId}.${newId<string>()}` }
      await tell(network, subject, organizationId, 'PeerAdded', data)
      return peerId
    },
    async createRule(organizationId, name) {
      const ruleId = newId<string>()
      const data = holdfast.rules.v1.RuleCreated.encode({ ruleId, settings: { name } }).finish()
      const subject = { context: 'rules', type: 'rule_set', id: organizationId }
      await tell(rules, subject, organizationId, 'RuleCreated', data)
      return ruleId
    },
  }
}
