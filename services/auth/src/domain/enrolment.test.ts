import { spec } from '@holdfast/testkit'
import { test } from 'vitest'
import { type EnrolmentEvent, enrolment } from './enrolment.ts'
import { EnrolmentTokenInvalid, NodeIdentityNotFound } from './errors.ts'
import { acme, berlin, node } from './fixtures.ts'

const { given } = spec(enrolment)
const tokenHash = new Uint8Array(32).fill(1)
const token = {
  tokenHash,
  organizationId: acme,
  siteId: berlin,
  nodeName: 'edge-1',
  expiresAtUnixMs: 2000,
}
const created: EnrolmentEvent = { type: 'EnrolmentTokenCreated', ...token }
const issued: EnrolmentEvent = { type: 'NodeIdentityIssued', natsPublicKey: 'UAAA' }
const revoked: EnrolmentEvent = { type: 'NodeIdentityRevoked', natsPublicKey: 'UAAA' }
const redeem = {
  type: 'Redeem',
  tokenHash,
  natsPublicKey: 'UAAA',
  nowUnixMs: 1999,
} as const

test('a token gives one identity', () => {
  given()
    .when({ type: 'CreateToken', ...token })
    .expects(created)
  given(created).when(redeem).expects(issued)
  given(created, issued)
    .when({ ...redeem, natsPublicKey: 'UBBB' })
    .rejects(EnrolmentTokenInvalid)
})

test('the agent that used it gets the same answer again, even after it expired', () => {
  given(created, issued)
    .when({ ...redeem, nowUnixMs: 999_999 })
    .expects()
})

test('an expired, unknown or wrong token is refused in the same words', () => {
  given(created)
    .when({ ...redeem, nowUnixMs: 2000 })
    .rejects(EnrolmentTokenInvalid)
  given().when(redeem).rejects(EnrolmentTokenInvalid)
  for (const wrong of [new Uint8Array(32), new Uint8Array(0), new Uint8Array(31).fill(1)]) {
    given(created)
      .when({ ...redeem, tokenHash: wrong })
      .rejects(EnrolmentTokenInvalid)
  }
})

test('a revoked node stays out, whether or not it had come in', () => {
  given(created, issued).when({ type: 'RevokeIdentity', id: node }).expects(revoked)
  given(created, issued, revoked).when(redeem).rejects(EnrolmentTokenInvalid)
  given(created, issued, revoked).when({ type: 'RevokeIdentity', id: node }).expects()
  given(created)
    .when({ type: 'RevokeIdentity', id: node })
    .expects({ type: 'NodeIdentityRevoked', natsPublicKey: '' })
  given().when({ type: 'RevokeIdentity', id: node }).rejects(NodeIdentityNotFound)
})
