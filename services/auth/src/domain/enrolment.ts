import {
  assertNever,
  type Decider,
  type NodeId,
  type OrganizationId,
  type SiteId,
} from '@holdfast/domain'
import { EnrolmentTokenInvalid, NodeIdentityNotFound } from './errors.ts'

export type EnrolmentCommand =
  | {
      readonly type: 'CreateToken'
      readonly tokenHash: Uint8Array
      readonly organizationId: OrganizationId
      readonly siteId: SiteId | undefined
      readonly nodeName: string
      readonly expiresAtUnixMs: number
    }
  | {
      readonly type: 'Redeem'
      readonly tokenHash: Uint8Array
      readonly natsPublicKey: string
      readonly nowUnixMs: number
    }
  | { readonly type: 'RevokeIdentity'; readonly id: NodeId }

export type EnrolmentEvent =
  | {
      readonly type: 'EnrolmentTokenCreated'
      readonly tokenHash: Uint8Array
      readonly organizationId: OrganizationId
      readonly siteId: SiteId | undefined
      readonly nodeName: string
      readonly expiresAtUnixMs: number
    }
  | { readonly type: 'NodeIdentityIssued'; readonly natsPublicKey: string }
  | { readonly type: 'NodeIdentityRevoked'; readonly natsPublicKey: string }

type Token = Omit<Extract<EnrolmentEvent, { type: 'EnrolmentTokenCreated' }>, 'type'>

/**
 * How one node comes to its identity: a token, then the key it was used with.
 *
 * Invariant: a token gives one identity. The agent that used it may ask again with the same key, since
 * it may have lost the answer; any other key is refused, and so is everybody once the node is revoked.
 */
export interface Enrolment {
  token: Token | undefined
  natsPublicKey: string | undefined
  isRevoked: boolean
}

// Hashes are of 256 random bits, so how far a comparison gets tells nothing worth knowing.
const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])

export const enrolment: Decider<EnrolmentCommand, EnrolmentEvent, Enrolment> = {
  initial: () => ({ token: undefined, natsPublicKey: undefined, isRevoked: false }),

  decide(command, { token, natsPublicKey, isRevoked }) {
    switch (command.type) {
      case 'CreateToken': {
        if (token) return [] // the id follows from the command: this is the command repeated
        return [{ ...command, type: 'EnrolmentTokenCreated' }]
      }

      case 'Redeem':
        if (!token || isRevoked || !sameBytes(token.tokenHash, command.tokenHash)) {
          throw EnrolmentTokenInvalid({})
        }
        if (natsPublicKey === command.natsPublicKey) return []
        if (natsPublicKey !== undefined || command.nowUnixMs >= token.expiresAtUnixMs) {
          throw EnrolmentTokenInvalid({})
        }
        return [{ type: 'NodeIdentityIssued', natsPublicKey: command.natsPublicKey }]

      case 'RevokeIdentity':
        if (isRevoked) return []
        if (!token) throw NodeIdentityNotFound({ node: command.id })
        // Also before the token was used: it can then never be.
        return [{ type: 'NodeIdentityRevoked', natsPublicKey: natsPublicKey ?? '' }]

      default:
        return assertNever(command)
    }
  },

  evolve(state, event) {
    switch (event.type) {
      case 'EnrolmentTokenCreated': {
        const { type: _, ...token } = event
        state.token = token
        return state
      }
      case 'NodeIdentityIssued':
        state.natsPublicKey = event.natsPublicKey
        return state
      case 'NodeIdentityRevoked':
        state.isRevoked = true
        return state
      default:
        return assertNever(event)
    }
  },
}
