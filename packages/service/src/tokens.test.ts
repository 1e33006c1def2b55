import { createHmac, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { newId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import fc from 'fast-check'
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { userCaller } from './caller.ts'
import { revocationList } from './revocations.ts'
import { noRevocations, testTokens } from './testing.ts'
import {
  accessTokenIssuer,
  type KeySource,
  parseKeySet,
  type Revocations,
  tokenVerifier,
} from './tokens.ts'

const tokens = testTokens()
const issuer = accessTokenIssuer(tokens.lineageId)
const userId = newId()
const sessionId = newId()
const now = Math.floor(Date.now() / 1000)

const header = { alg: 'EdDSA', kid: tokens.keyId, typ: 'at+jwt' }
const payload = {
  iss: issuer,
  aud: 'holdfast',
  sub: userId,
  sid: sessionId,
  roles: [['SUPER_ADMIN', '*']],
  iat: now,
  exp: now + 900,
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
type Signer = (data: string) => Buffer
const ours: Signer = (data) => sign(null, Buffer.from(data), tokens.privateKey)
const publicPem = tokens.publicKey.export({ format: 'pem', type: 'spki' })
const publicRaw = Buffer.from(tokens.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')

/** A token put together by hand, as an attacker would. */
function forge(change: { header?: object; payload?: object; by?: Signer }): string {
  const data = `${encode({ ...header, ...change.header })}.${encode({ ...payload, ...change.payload })}`
  return `${data}.${(change.by ?? ours)(data).toString('base64url')}`
}

async function outcome(
  token: string,
  more: { keys?: KeySource; revocations?: Revocations; now?: () => number } = {},
): Promise<string> {
  const verifier = tokenVerifier({ issuer, keys: tokens.keys, revocations: noRevocations, ...more })
  try {
    await verifier.verify(token)
    return 'accepted'
  } catch (error) {
    if (error instanceof DomainError) return error.code
    throw error
  }
}

test('a token of ours is accepted and says who it is', async () => {
  expect(await outcome(forge({}))).toBe('accepted')
  const verifier = tokenVerifier({ issuer, keys: tokens.keys, revocations: noRevocations })
  expect(await verifier.verify(forge({ payload: { amr: ['pwd', 'otp'] } }))).toEqual({
    userId,
    sessionId,
    method: 'password_totp',
    bindings: [{ role: 'SUPER_ADMIN', organizationId: '*' }],
  })
})

const other = generateKeyPairSync('ed25519')
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const hs256 =
  (secret: string | Buffer): Signer =>
  (data) =>
    createHmac('sha256', secret).update(data).digest()

describe('refused:', () => {
  test.each<[string, string, string]>([
    [
      'alg none',
      forge({ header: { alg: 'none' }, by: () => Buffer.alloc(0) }),
      'access.token_invalid',
    ],
    [
      'alg None',
      forge({ header: { alg: 'None' }, by: () => Buffer.alloc(0) }),
      'access.token_invalid',
    ],
    [
      'HS256 with our public key as PEM',
      forge({ header: { alg: 'HS256' }, by: hs256(publicPem.toString()) }),
      'access.token_invalid',
    ],
    [
      'HS256 with our public key as bytes',
      forge({ header: { alg: 'HS256' }, by: hs256(publicRaw) }),
      'access.token_invalid',
    ],
    [
      'ES256 under our key id',
      forge({
        header: { alg: 'ES256' },
        by: (data) =>
          sign('sha256', Buffer.from(data), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }),
      }),
      'access.token_invalid',
    ],
    [
      'RS256 under our key id',
      forge({
        header: { alg: 'RS256' },
        by: (data) => sign('sha256', Buffer.from(data), rsa.privateKey),
      }),
      'access.token_invalid',
    ],
    [
      'another Ed25519 key under our key id',
      forge({ by: (data) => sign(null, Buffer.from(data), other.privateKey) }),
      'access.token_invalid',
    ],
    [
      'a key that comes with the token',
      forge({
        header: { jwk: other.publicKey.export({ format: 'jwk' }) },
        by: (data) => sign(null, Buffer.from(data), other.privateKey),
      }),
      'access.token_invalid',
    ],
    ['an unknown key id', forge({ header: { kid: 'unknown' } }), 'access.token_invalid'],
    ['no key id', forge({ header: { kid: undefined } }), 'access.token_invalid'],
    [
      'a critical extension',
      forge({ header: { crit: ['b64'], b64: false } }),
      'access.token_invalid',
    ],
    ['another type', forge({ header: { typ: 'JWT' } }), 'access.token_invalid'],
    ['no type', forge({ header: { typ: undefined } }), 'access.token_invalid'],
    [
      'another issuer',
      forge({ payload: { iss: accessTokenIssuer(newId()) } }),
      'access.token_invalid',
    ],
    ['no issuer', forge({ payload: { iss: undefined } }), 'access.token_invalid'],
    ['another audience', forge({ payload: { aud: 'somebody' } }), 'access.token_invalid'],
    ['no audience', forge({ payload: { aud: undefined } }), 'access.token_invalid'],
    ['an expired one', forge({ payload: { exp: now - 60 } }), 'access.token_expired'],
    ['no expiry', forge({ payload: { exp: undefined } }), 'access.token_invalid'],
    ['not yet valid', forge({ payload: { nbf: now + 600 } }), 'access.token_invalid'],
    ['no subject', forge({ payload: { sub: undefined } }), 'access.token_invalid'],
    ['a subject that is no id', forge({ payload: { sub: 'admin' } }), 'access.token_invalid'],
    ['no session', forge({ payload: { sid: undefined } }), 'access.token_invalid'],
    ['a session that is no id', forge({ payload: { sid: ['x'] } }), 'access.token_invalid'],
    [
      'a changed payload',
      forge({}).replace(/\.[^.]+\./, `.${encode({ ...payload, sub: newId() })}.`),
      'access.token_invalid',
    ],
    ['a cut signature', forge({}).slice(0, -4), 'access.token_invalid'],
    ['an empty text', '', 'access.token_invalid'],
    ['dots', '..', 'access.token_invalid'],
    ['a very long text', 'x'.repeat(100_000), 'access.token_invalid'],
  ])('%s', async (_, token, code) => {
    expect(await outcome(token)).toBe(code)
  })

  test('any text', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (text) => {
        expect(await outcome(text)).toBe('access.token_invalid')
      }),
    )
  })

  test('a good key of another kind under the key id', async () => {
    const token = await new SignJWT(payload)
      .setProtectedHeader({ ...header, alg: 'ES256' })
      .sign(ec.privateKey)
    expect(await outcome(token, { keys: { key: () => ec.publicKey } })).toBe('access.token_invalid')
  })
})

test('an accepted token is refused once it has expired, cache or not', async () => {
  let time = now * 1000
  const verifier = tokenVerifier({
    issuer,
    keys: tokens.keys,
    revocations: noRevocations,
    now: () => time,
  })
  const token = forge({})
  await verifier.verify(token)
  time += 901_000
  await verifier.verify(token) // clocks may differ by 5 s
  time += 5_000
  expect(() => verifier.verify(token)).toThrow('expired')
})

test('a signature is checked once', async () => {
  let asked = 0
  const keys: KeySource = {
    key: (id) => {
      asked += 1
      return tokens.keys.key(id)
    },
  }
  const verifier = tokenVerifier({ issuer, keys, revocations: noRevocations })
  const token = forge({})
  for (let n = 0; n < 5; n += 1) await verifier.verify(token)
  expect(asked).toBe(1)
})

describe('a revoked session', () => {
  test('ends the tokens issued before, also those already accepted', async () => {
    const revocations = revocationList()
    revocations.complete()
    const verifier = tokenVerifier({ issuer, keys: tokens.keys, revocations })
    const token = forge({})
    await verifier.verify(token)
    revocations.revoke(sessionId, Date.now())
    expect(() => verifier.verify(token)).toThrow('session has ended')
    expect(await outcome(token, { revocations })).toBe('access.session_revoked')
  })

  test('is not the next one', async () => {
    const revocations = revocationList()
    revocations.complete()
    revocations.revoke(newId(), Date.now())
    revocations.revoke(sessionId, (now - 60) * 1000)
    expect(await outcome(forge({}), { revocations })).toBe('accepted')
  })

  test('cannot be told while the list is unknown, so nobody gets in', async () => {
    expect(await outcome(forge({}), { revocations: revocationList() })).toBe(
      'access.tokens_unverifiable',
    )
  })

  test('stays revoked when an older notice comes late, and is forgotten after an hour', () => {
    let time = 10_000_000
    const revocations = revocationList(() => time)
    revocations.complete()
    revocations.revoke('a', 10_000_000)
    revocations.revoke('a', 9_000_000)
    expect(revocations.isRevoked('a', 9_999_999)).toBe(true)
    time += 3_600_001
    revocations.revoke('b', time)
    expect(revocations.isRevoked('a', 9_999_999)).toBe(false)
    expect(revocations.isRevoked('b', time)).toBe(true)
  })
})

describe('roles in a token', () => {
  const organization = newId()
  test.each<[string, unknown]>([
    ['missing', undefined],
    ['an object', { SUPER_ADMIN: '*' }],
    ['text', 'SUPER_ADMIN'],
    ['unknown', [['ROOT', '*']]],
    ['everywhere without being super-admin', [['ORG_ADMIN', '*']]],
    ['a super-admin of one organization', [['SUPER_ADMIN', organization]]],
    ['without an organization', [['OPERATOR', '']]],
    ['too short', [['OPERATOR']]],
    ['nested', [[['OPERATOR'], [organization]]]],
  ])('that are %s grant nothing', async (_, roles) => {
    const verifier = tokenVerifier({ issuer, keys: tokens.keys, revocations: noRevocations })
    const caller = userCaller(await verifier.verify(forge({ payload: { roles } })), 'gateway')
    expect(caller.organizations('network.peers.read')).toEqual([])
    expect(caller.can('network.peers.read', organization)).toBe(false)
    expect(caller.can('network.peers.read', '*')).toBe(false)
  })
})

test('a key set yields its Ed25519 public keys and nothing else', () => {
  const jwk = { ...tokens.publicKey.export({ format: 'jwk' }), kid: 'a' }
  const set = {
    keys: [
      jwk,
      { ...ec.publicKey.export({ format: 'jwk' }), kid: 'ec' },
      { ...jwk, kid: undefined },
      { kty: 'oct', k: 'x', kid: 'oct' },
      null,
    ],
  }
  const keys = parseKeySet(JSON.stringify(set))
  expect([...keys.keys()]).toEqual(['a'])
  expect(() => createPrivateKey(keys.get('a') as never)).toThrow()
  expect(parseKeySet('{}').size).toBe(0)
  expect(() => parseKeySet('nonsense')).toThrow()
})
