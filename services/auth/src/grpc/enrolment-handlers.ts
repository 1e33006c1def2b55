import type { NodeId, OrganizationId } from '@holdfast/domain'
import type { EventLog } from '@holdfast/event-log'
import type { Postgres } from '@holdfast/postgres'
import type { EnrolmentService } from '@holdfast/proto'
import type { Handlers } from '@holdfast/service'
import type { EnrolmentCommands } from '../commands/enrolments.ts'
import {
  natsPublicKey,
  nodeId,
  optionalName,
  optionalOrganizationId,
  optionalSiteId,
  parseFields,
  tokenTtlSeconds,
} from './parse.ts'
import { organizationMeant } from './scope.ts'

/** Signs the NATS identity of a node. */
export type IssueNodeJwt = (node: {
  nodeId: NodeId
  organizationId: OrganizationId
  natsPublicKey: string
}) => Promise<string>

export interface EnrolmentHandlerParts {
  readonly log: EventLog
  readonly postgres: Postgres
  readonly commands: EnrolmentCommands
  readonly issueNodeJwt: IssueNodeJwt
  readonly now: () => number
}

const revokedSubject = 'ctl.auth.node-revoked'

export function enrolmentHandlers(parts: EnrolmentHandlerParts): Handlers<typeof EnrolmentService> {
  const { log, postgres, commands, issueNodeJwt, now } = parts

  return {
    async createEnrolmentToken(request, call) {
      const fields = parseFields({
        organization_id: optionalOrganizationId(request.organizationId),
        site_id: optionalSiteId(request.siteId),
        node_name: optionalName(request.nodeName),
        ttl_seconds: tokenTtlSeconds(request.ttlSeconds),
      })
      const organizationId = await organizationMeant(
        postgres,
        call,
        'network.nodes.enroll',
        fields.organization_id,
      )
      const created = await commands.createToken(
        {
          organizationId,
          siteId: fields.site_id,
          nodeName: fields.node_name,
          expiresAtUnixMs: now() + fields.ttl_seconds * 1000,
        },
        call.command(organizationId),
      )
      call.committed(created.sequence)
      const { token, expiresAtUnixMs } = created
      return { token, expiresAtUnixMs, organizationId }
    },

    async redeemEnrolmentToken(request, call) {
      const fields = parseFields({ nats_public_key: natsPublicKey(request.natsPublicKey) })
      const natsKey = fields.nats_public_key
      const redeemed = await commands.redeem(request.token, natsKey, call.command())
      call.committed(redeemed.sequence)
      const { nodeId: id, organizationId, siteId, nodeName } = redeemed
      return {
        organizationId,
        siteId: siteId ?? '',
        nodeId: id,
        nodeName,
        natsUserJwt: await issueNodeJwt({ nodeId: id, organizationId, natsPublicKey: natsKey }),
      }
    },

    async renewNodeIdentity(request, call) {
      const { node_id: id } = parseFields({ node_id: nodeId(request.nodeId) })
      return {
        natsUserJwt: await issueNodeJwt({
          nodeId: id,
          ...(await commands.identity(id, call.signal)),
        }),
      }
    },

    async revokeNode(request, call) {
      const { node_id: id } = parseFields({ node_id: nodeId(request.nodeId) })
      const revoked = await commands.revoke(id, call.command())
      call.committed(revoked.sequence)
      // Whoever holds the operator's key cuts the connections and refuses the key from now on.
      const notice = { node_id: id, nats_public_key: revoked.natsPublicKey }
      log.signal(revokedSubject, Buffer.from(JSON.stringify(notice)))
      return {}
    },
  }
}
