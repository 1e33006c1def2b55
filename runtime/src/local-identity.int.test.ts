import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createAuthoritySeeds,
  issueNodeCredentials,
  signAuthority,
} from '@holdfast/event-log/admin'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isEnrolled, outdatedNode, renewIdentity } from './local-identity.ts'

const nodeId = randomUUID()
const organizationId = randomUUID()
const lineageId = randomUUID()
let directory: string
let file: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-identity-'))
  file = join(directory, 'identity.json')
})
afterEach(() => rmSync(directory, { recursive: true }))

const natsPublicKey = 'UDCQHM5LNK5ZXYPTOFFBZOGC4NBDVGCKB3CJIKBAT4VQNJUJ2MF527DO'
/** Credentials of a node that may do what nodes of an organization do. */
async function credentials(organization: string): Promise<string> {
  const seeds = createAuthoritySeeds()
  const { account } = await signAuthority(seeds)
  return issueNodeCredentials({
    signingSeed: seeds.signing,
    account: account.publicKey,
    nodeId,
    organizationId: organization,
    natsPublicKey,
    lineageId,
    safeSubject: `safe.${'0'.repeat(32)}.nodes`,
  })
}
const write = (jwt: string) => {
  const identity = { node_id: nodeId, organization_id: organizationId, nats_user_jwt: jwt }
  writeFileSync(file, JSON.stringify({ ...identity, lineage_id: lineageId }))
}

test('credentials that let a node do less than by now are renewed, and nothing else changes', async () => {
  expect(isEnrolled(directory)).toBe(false)
  // Not the rules of its own organization: what a node could not do before there were rules.
  write(await credentials(randomUUID()))
  expect(isEnrolled(directory)).toBe(true)
  expect(outdatedNode(directory)).toBe(nodeId)
  const fresh = await credentials(organizationId)
  renewIdentity(directory, fresh)
  expect(outdatedNode(directory)).toBeUndefined()
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    node_id: nodeId,
    organization_id: organizationId,
    nats_user_jwt: fresh,
    lineage_id: lineageId,
  })
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

test('a file that cannot be understood is left to the agent', () => {
  for (const text of ['', '{}', '{"nats_user_jwt":"x"}', 'null']) {
    writeFileSync(file, text)
    expect(outdatedNode(directory)).toBeUndefined()
  }
})
