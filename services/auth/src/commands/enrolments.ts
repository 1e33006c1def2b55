import { randomBytes } from 'node:crypto'
import { sha256 } from '@holdfast/crypto'
import {
  idFrom,
  isUuid,
  type NodeId,
  type OrganizationId,
  type SiteId,
  uuidFromBytes,
  uuidToBytes,
} from '@holdfast/domain'
import type { CommandContext, EventLog } from '@holdfast/event-log'
import {
  EnrolmentTokenInvalid,
  NodeIdentityNotFound,
  OrganizationNotFound,
  SiteNotFound,
} from '../domain/errors.ts'
import { enrolments, organizations, sites } from './aggregates.ts'
import type { OneAtATime } from './one-at-a-time.ts'
import { lockOf } from './organizations.ts'

export interface NewToken {
  readonly organizationId: OrganizationId
  readonly siteId: SiteId | undefined
  /** Empty: the host name. */
  readonly nodeName: string
  readonly expiresAtUnixMs: number
}

export interface CreatedToken {
  /** Empty when the command is repeated: it was shown once. */
  readonly token: string
  readonly expiresAtUnixMs: number
  readonly organizationId: OrganizationId
  readonly sequence: bigint
}

export interface RedeemedToken {
  readonly nodeId: NodeId
  readonly organizationId: OrganizationId
  readonly siteId: SiteId | undefined
  readonly nodeName: string
  readonly sequence: bigint
}

export interface EnrolmentCommands {
  createToken(wish: NewToken, context: CommandContext): Promise<CreatedToken>
  redeem(token: string, natsPublicKey: string, context: CommandContext): Promise<RedeemedToken>
  /** Whose identity it is, and with which key. Throws auth.node_identity_not_found when there is none in force. */
  identity(
    nodeId: NodeId,
    signal?: AbortSignal,
  ): Promise<{ organizationId: OrganizationId; natsPublicKey: string }>
  /** The key that was withdrawn; empty when the token had not been used. */
  revoke(
    nodeId: NodeId,
    context: CommandContext,
  ): Promise<{ natsPublicKey: string; sequence: bigint }>
}

const prefix = 'hfe_'
const secretBytes = 32

/**
 * A token holds the id of the node to be and 32 random bytes, so it finds its aggregate by itself and
 * needs no read model, which could lag behind the administrator who has just copied it.
 */
const printToken = (nodeId: NodeId, secret: Uint8Array): string =>
  prefix + Buffer.concat([uuidToBytes(nodeId), secret]).toString('base64url')

/** The node a token is for; undefined for a text that cannot be one. */
function nodeOf(token: string): NodeId | undefined {
  if (!/^hfe_[A-Za-z0-9_-]{64}$/.test(token)) return undefined
  const id = uuidFromBytes(Buffer.from(token.slice(prefix.length), 'base64url').subarray(0, 16))
  return isUuid(id) ? (id as NodeId) : undefined // minted from the token's own bytes
}

export function enrolmentCommands(
  log: EventLog,
  locks: OneAtATime,
  now: () => number,
): EnrolmentCommands {
  const organizationExists = async (id: OrganizationId, signal?: AbortSignal): Promise<boolean> =>
    (await log.fold(organizations, id, signal)).state.exists

  return {
    async createToken(wish, context) {
      const { organizationId, siteId, expiresAtUnixMs } = wish
      if (!(await organizationExists(organizationId, context.signal))) {
        throw OrganizationNotFound({ organization: organizationId })
      }
      if (siteId !== undefined) {
        const { state } = await log.fold(sites, siteId, context.signal)
        if (!state.exists || state.organizationId !== organizationId) {
          throw SiteNotFound({ site: siteId })
        }
      }
      const nodeId = idFrom<NodeId>(context.commandId, 'node')
      const token = printToken(nodeId, randomBytes(secretBytes))
      const outcome = await log.execute(
        enrolments,
        nodeId,
        { type: 'CreateToken', ...wish, tokenHash: sha256(token) },
        context,
      )
      const isNew = !outcome.isRepeated && outcome.events.length > 0
      return {
        token: isNew ? token : '',
        expiresAtUnixMs: outcome.state.token?.expiresAtUnixMs ?? expiresAtUnixMs,
        organizationId,
        sequence: outcome.sequence,
      }
    },

    async redeem(token, natsPublicKey, context) {
      const nodeId = nodeOf(token)
      if (!nodeId) throw EnrolmentTokenInvalid({})
      const { token: known } = (await log.fold(enrolments, nodeId, context.signal)).state
      if (!known) throw EnrolmentTokenInvalid({})
      const { state, sequence } = await locks.run([lockOf(known.organizationId)], async () => {
        // A token outlives its organization, but is good for nothing then.
        if (!(await organizationExists(known.organizationId, context.signal))) {
          throw EnrolmentTokenInvalid({})
        }
        return log.execute(
          enrolments,
          nodeId,
          { type: 'Redeem', tokenHash: sha256(token), natsPublicKey, nowUnixMs: now() },
          context,
        )
      })
      // A command known from before is not decided again, so what it asked is compared here.
      if (!state.token || state.isRevoked || state.natsPublicKey !== natsPublicKey) {
        throw EnrolmentTokenInvalid({})
      }
      const { organizationId, siteId, nodeName } = state.token
      return { nodeId, organizationId, siteId, nodeName, sequence }
    },

    async identity(nodeId, signal) {
      const { token, natsPublicKey, isRevoked } = (await log.fold(enrolments, nodeId, signal)).state
      if (!token || !natsPublicKey || isRevoked) throw NodeIdentityNotFound({ node: nodeId })
      return { organizationId: token.organizationId, natsPublicKey }
    },

    async revoke(nodeId, context) {
      const { state, sequence } = await log.execute(
        enrolments,
        nodeId,
        { type: 'RevokeIdentity', id: nodeId },
        context,
      )
      return { natsPublicKey: state.natsPublicKey ?? '', sequence }
    },
  }
}
