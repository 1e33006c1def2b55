import { type CommandId, newId } from '@holdfast/domain'
import type { Aggregate, EventLog, StoredEvent } from '@holdfast/event-log'
import { holdfast } from '@holdfast/proto'
import type { TestNats } from '@holdfast/testkit'

// Hosts for tests, as rules sees them: network's facts in the log, written by network's own user, and the
// telemetry of agents on the wire.

const v1 = holdfast.network.v1
const agent = holdfast.agent.v1

type Settings = holdfast.network.v1.InterfaceSettings.$Properties
type PeerSettings = holdfast.network.v1.PeerSettings.$Properties

/** Stores what it is told: the rules of network are network's. */
const asTold = (
  type: 'node' | 'interface',
): Aggregate<readonly StoredEvent[], StoredEvent, null> => ({
  context: 'network',
  type,
  decider: { initial: () => null, decide: (events) => events, evolve: () => null },
  codec: { encode: (event) => event, decode: (stored) => stored },
})
const aggregates = { node: asTold('node'), interface: asTold('interface') }

export interface TestHosts {
  enroll(organizationId: string, name: string, more?: { siteId?: string }): Promise<string>
  updateNode(
    organizationId: string,
    nodeId: string,
    settings: holdfast.network.v1.NodeUpdated.$Properties,
  ): Promise<bigint>
  deleteNode(organizationId: string, nodeId: string): Promise<bigint>
  createInterface(organizationId: string, nodeId: string, settings: Settings): Promise<string>
  updateInterface(
    organizationId: string,
    nodeId: string,
    interfaceId: string,
    settings: Settings,
  ): Promise<bigint>
  addPeer(
    organizationId: string,
    nodeId: string,
    interfaceId: string,
    settings: PeerSettings,
  ): Promise<string>
  removePeer(
    organizationId: string,
    nodeId: string,
    interfaceId: string,
    peerId: string,
  ): Promise<bigint>
  /** As the node's agent would publish it. */
  report(nodeId: string, report: holdfast.agent.v1.NodeReport.$Properties): void
  count(nodeId: string, report: holdfast.agent.v1.CounterReport.$Properties): void
}

/** `log` is opened as network. */
export function testHosts(log: EventLog, nats: TestNats): TestHosts {
  const store = async (
    organizationId: string,
    kind: 'node' | 'interface',
    id: string,
    type: string,
    data: Uint8Array,
  ): Promise<bigint> => {
    const { sequence } = await log.execute(aggregates[kind], id, [{ type, schema: 1, data }], {
      commandId: newId<CommandId>(),
      isKeyed: false,
      organizationId,
      actor: { kind: 'service', id: 'network' },
      correlationId: newId<string>(),
    })
    return sequence
  }
  const publish = (subject: string, data: Uint8Array) =>
    nats.admin.link.connection.publish(subject, data)
  const wg = (settings: Settings): Settings => ({
    name: 'wg0',
    listenPort: 51_820,
    isEnabled: true,
    ...settings,
  })

  return {
    async enroll(organizationId, name, { siteId = '' } = {}) {
      const nodeId = newId<string>()
      const data = v1.NodeEnrolled.encode({ organizationId, name, siteId }).finish()
      await store(organizationId, 'node', nodeId, 'NodeEnrolled', data)
      return nodeId
    },
    updateNode: (organizationId, nodeId, settings) =>
      store(
        organizationId,
        'node',
        nodeId,
        'NodeUpdated',
        v1.NodeUpdated.encode(settings).finish(),
      ),
    deleteNode: (organizationId, nodeId) =>
      store(organizationId, 'node', nodeId, 'NodeDeleted', v1.NodeDeleted.encode({}).finish()),
    async createInterface(organizationId, nodeId, settings) {
      const interfaceId = newId<string>()
      const data = v1.InterfaceCreated.encode({ organizationId, settings: wg(settings) }).finish()
      await store(organizationId, 'interface', `${nodeId}.${interfaceId}`, 'InterfaceCreated', data)
      return interfaceId
    },
    updateInterface: (organizationId, nodeId, interfaceId, settings) =>
      store(
        organizationId,
        'interface',
        `${nodeId}.${interfaceId}`,
        'InterfaceUpdated',
        v1.InterfaceUpdated.encode({ settings: wg(settings) }).finish(),
      ),
    async addPeer(organizationId, nodeId, interfaceId, settings) {
      const peerId = newId<string>()
      const data = v1.PeerAdded.encode({
        peerId,
        settings: { isEnabled: true, ...settings },
      }).finish()
      await store(organizationId, 'interface', `${nodeId}.${interfaceId}`, 'PeerAdded', data)
      return peerId
    },
    removePeer: (organizationId, nodeId, interfaceId, peerId) =>
      store(
        organizationId,
        'interface',
        `${nodeId}.${interfaceId}`,
        'PeerRemoved',
        v1.PeerRemoved.encode({ peerId }).finish(),
      ),
    report(nodeId, report) {
      publish(`tlm.node.${nodeId}.report`, agent.NodeReport.encode({ nodeId, ...report }).finish())
    },
    count(nodeId, report) {
      const data = agent.CounterReport.encode({ nodeId, ...report }).finish()
      publish(`tlm.node.${nodeId}.counters`, data)
    },
  }
}
