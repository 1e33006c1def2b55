import { newId } from '@holdfast/domain'
import { DomainError } from '@holdfast/errors'
import { createTelemetry } from '@holdfast/telemetry'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { remoteKeys } from './remote-keys.ts'
import { revocationList } from './revocations.ts'
import { testTokens } from './test-tokens.ts'

const { log } = createTelemetry('test', { level: 'silent' })
const first = testTokens()
const jwk = (kid: string) => ({ ...first.publicKey.export({ format: 'jwk' }), kid })

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** auth as it would answer, counted. */
function fakeAuth(kids: string[], revoked: { sessionId: string; revokedAtUnixMs: number }[] = []) {
  const auth = {
    isDown: false,
    asked: 0,
    kids,
    async getKeySet() {
      auth.asked += 1
      if (auth.isDown) throw new DomainError('rpc.unreachable', 'unavailable', 'down')
      return { jwks: JSON.stringify({ keys: auth.kids.map(jwk) }) }
    },
    async listRevokedSessions() {
      if (auth.isDown) throw new DomainError('rpc.unreachable', 'unavailable', 'down')
      return { sessions: revoked }
    },
  }
  return auth
}
const settle = () => vi.advanceTimersByTimeAsync(0)

test('keys and revoked sessions are there after the first answer', async () => {
  const session = newId()
  const auth = fakeAuth(['a'], [{ sessionId: session, revokedAtUnixMs: 1_000 }])
  const revocations = revocationList(() => 1_000)
  const keys = remoteKeys(auth, revocations, log)
  expect(keys.isLoaded).toBe(false)
  await settle()
  expect(keys.isLoaded).toBe(true)
  expect(await keys.key('a')).toBeDefined()
  expect(revocations.isRevoked(session, 1_000)).toBe(true)
  keys.stop()
})

test('while auth is down nothing is judged, and it is asked again until it answers', async () => {
  const auth = fakeAuth(['a'])
  auth.isDown = true
  const revocations = revocationList()
  const keys = remoteKeys(auth, revocations, log)
  await settle()
  await expect(keys.key('a')).rejects.toMatchObject({ kind: 'unavailable' })
  expect(() => revocations.isRevoked(newId(), 0)).toThrow('cannot be checked')
  auth.isDown = false
  await vi.advanceTimersByTimeAsync(1_000)
  expect(keys.isLoaded).toBe(true)
  keys.stop()
})

test('a new key is fetched when it is met, but made-up ids do not flood auth', async () => {
  const auth = fakeAuth(['a'])
  const keys = remoteKeys(auth, revocationList(), log)
  await settle()
  await vi.advanceTimersByTimeAsync(6_000)
  auth.kids.push('b')
  expect(await keys.key('b')).toBeDefined()
  const asked = auth.asked
  for (let n = 0; n < 100; n += 1) expect(await keys.key(`made-up-${n}`)).toBeUndefined()
  expect(auth.asked).toBe(asked)
  await vi.advanceTimersByTimeAsync(6_000)
  await Promise.all(Array.from({ length: 100 }, (_, n) => keys.key(`again-${n}`)))
  expect(auth.asked).toBe(asked + 1)
  keys.stop()
})

test('a withdrawn key is forgotten, and a lost connection to auth keeps what is known', async () => {
  const auth = fakeAuth(['a', 'b'])
  const keys = remoteKeys(auth, revocationList(), log)
  await settle()
  auth.kids = ['b']
  await vi.advanceTimersByTimeAsync(31_000)
  expect(await keys.key('a')).toBeUndefined()
  auth.isDown = true
  await vi.advanceTimersByTimeAsync(120_000)
  expect(await keys.key('b')).toBeDefined()
  keys.stop()
})
