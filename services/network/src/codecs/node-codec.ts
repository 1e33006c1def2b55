import type { InterfaceId, OrganizationId } from '@holdfast/domain'
import { eventCodec } from '@holdfast/event-log'
import type { DeviceName, HostName, InterfaceName } from '@holdfast/net'
import { holdfast } from '@holdfast/proto'
import type { NodeEvent } from '../domain/node.ts'
import { firewallFrom, firewallMessage } from './firewall.ts'

const { NodeEnrolled, NodeUpdated, NodeDeleted, InterfaceClaimed, InterfaceReleased } =
  holdfast.network.v1

// as, in this file: the log holds only what our own parsers let in.

export const nodeCodec = eventCodec<NodeEvent>({
  NodeEnrolled: {
    encode: ({ type: _, ...fact }) => NodeEnrolled.encode(fact).finish(),
    decode: [
      (data) => {
        const m = NodeEnrolled.decode(data)
        return {
          type: 'NodeEnrolled',
          organizationId: m.organizationId as OrganizationId,
          siteId: m.siteId,
          name: m.name,
          enrolmentKey: new Uint8Array(m.enrolmentKey),
          natsPublicKey: m.natsPublicKey,
          hostname: m.hostname,
          platform: m.platform,
        }
      },
    ],
  },
  NodeUpdated: {
    encode: ({ type: _, uplinks, ...fact }) =>
      NodeUpdated.encode({
        ...fact,
        uplinks: uplinks.map(({ device, firewall }) => ({
          device,
          firewall: firewallMessage(firewall),
        })),
      }).finish(),
    decode: [
      (data) => {
        const m = NodeUpdated.decode(data)
        return {
          type: 'NodeUpdated',
          name: m.name,
          siteId: m.siteId,
          endpointHost: m.endpointHost as HostName | '',
          uplinks: m.uplinks.map(({ device, firewall }) => ({
            device: device as DeviceName,
            firewall: firewallFrom(firewall),
          })),
        }
      },
    ],
  },
  NodeDeleted: {
    encode: () => NodeDeleted.encode({}).finish(),
    decode: [() => ({ type: 'NodeDeleted' })],
  },
  InterfaceClaimed: {
    encode: ({ type: _, ...fact }) => InterfaceClaimed.encode(fact).finish(),
    decode: [
      (data) => {
        const m = InterfaceClaimed.decode(data)
        return {
          type: 'InterfaceClaimed',
          interfaceId: m.interfaceId as InterfaceId,
          name: m.name as InterfaceName,
          listenPort: m.listenPort,
        }
      },
    ],
  },
  InterfaceReleased: {
    encode: ({ type: _, ...fact }) => InterfaceReleased.encode(fact).finish(),
    decode: [
      (data) => {
        const m = InterfaceReleased.decode(data)
        return { type: 'InterfaceReleased', interfaceId: m.interfaceId as InterfaceId }
      },
    ],
  },
})
