import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createAuthoritySeeds,
  ingestFrom,
  issueUser,
  nodePermissions,
  servicePermissions,
  signAuthority,
} from './admin/index.ts'
import { encodeApproval } from './approval.ts'
import {
  decodeSafeSignal,
  encodeSafeSignal,
  type SafeSignal,
  safeSubject,
  safeSubjectIn,
} from './safe-signal.ts'

const signal: SafeSignal = {
  stream: 'EVT_1',
  sequence: 12_345_678_901n,
  writes: 'exhausted',
  reason: 'the archive has no room left',
}
const ingest = ingestFrom('ab'.repeat(32))

test('a signal survives the wire', () => {
  expect(decodeSafeSignal(encodeSafeSignal(signal))).toEqual(signal)
})

test('what cannot be read says nothing', () => {
  const plain = JSON.parse(Buffer.from(encodeSafeSignal(signal)).toString())
  const bad = [
    { ...plain, format: 2 },
    { ...plain, sequence: 5 },
    { ...plain, sequence: '-1' },
    { ...plain, writes: 'yes' },
    { ...plain, writes: undefined },
    { ...plain, stream: 1 },
    { ...plain, reason: undefined },
    [],
    null,
  ]
  for (const value of bad)
    expect(decodeSafeSignal(Buffer.from(JSON.stringify(value)))).toBeUndefined()
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(decodeSafeSignal(bytes)).toBeUndefined()
    }),
  )
})

test('an approval, which anybody may have sent somewhere, is no signal', () => {
  const approval = encodeApproval({
    stream: 'EVT_1',
    lineageId: 'l',
    generation: 1,
    serverIds: ['N'],
    allowsBatches: true,
    durability: 'log+archive',
    sequence: 99n,
    approvedAtUnixMs: 1,
  })
  expect(decodeSafeSignal(approval)).toBeUndefined()
})

test('credentials name the subject of their own kind', async () => {
  const seeds = createAuthoritySeeds()
  const { account } = await signAuthority(seeds)
  const issuer = { signingSeed: seeds.signing, account: account.publicKey }
  const lineageId = '01890000-0000-7000-8000-0000000000aa'
  const nodes = safeSubject(ingest, 'nodes')
  const services = safeSubject(ingest, 'services')
  expect(nodes).not.toBe(services)
  const credentialsOf = async (permissions: Parameters<typeof issueUser>[1]['permissions']) =>
    (await issueUser(issuer, { name: 'x', permissions })).credentials

  // auth hears both, because it makes the credentials of nodes.
  const auth = await credentialsOf(
    servicePermissions({ name: 'auth', stream: 'EVT_1', ingest, listensTo: [nodes] }),
  )
  expect(safeSubjectIn(auth)).toBe(services)
  expect(safeSubjectIn(auth, 'nodes')).toBe(nodes)
  const node = await credentialsOf(
    nodePermissions({ nodeId: 'n', organizationId: 'o', lineageId, safeSubject: nodes }),
  )
  expect(safeSubjectIn(node)).toBe(nodes)
  expect(safeSubjectIn(node, 'services')).toBeUndefined()
  expect(safeSubjectIn('')).toBeUndefined()
})
