import type { KeyObject } from 'node:crypto'
import type { AuthService } from '@holdfast/proto'
import type { Logger } from '@holdfast/telemetry'
import type { RevocationList } from './revocations.ts'
import { type KeySource, parseKeySet, TokensUnverifiable } from './tokens.ts'
import type { Client } from './types.ts'

/** An unknown key id makes us ask auth, but not more often than this: ids are easily made up. */
const askAgainMs = 5_000
/** Bounds how long a missed revocation, or a withdrawn key, is believed. */
const refreshMs = 30_000

export interface RemoteKeys extends KeySource {
  readonly isLoaded: boolean
  key(keyId: string): Promise<KeyObject | undefined>
  stop(): void
}

/** Keys and revoked sessions from auth, kept fresh. */
export function remoteKeys(
  auth: Pick<Client<typeof AuthService>, 'getKeySet' | 'listRevokedSessions'>,
  revocations: RevocationList,
  log: Logger,
): RemoteKeys {
  let keys: ReadonlyMap<string, KeyObject> | undefined
  let askedAt = Number.NEGATIVE_INFINITY
  let asking: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  let isStopped = false
  let failures = 0

  async function fetchKeys(): Promise<void> {
    askedAt = performance.now()
    const { jwks } = await auth.getKeySet({}, { timeoutMs: 5_000 })
    keys = parseKeySet(jwks)
  }

  async function refresh(): Promise<void> {
    let delayMs = refreshMs
    try {
      await fetchKeys()
      const { sessions } = await auth.listRevokedSessions({}, { timeoutMs: 5_000 })
      for (const { sessionId, revokedAtUnixMs } of sessions ?? []) {
        if (sessionId) revocations.revoke(sessionId, Number(revokedAtUnixMs ?? 0))
      }
      revocations.complete()
      failures = 0
    } catch (error) {
      failures += 1
      // Whoever started before auth waits for it; later there are keys to go on with.
      delayMs = Math.min(100 * 2 ** failures, keys === undefined ? 500 : 5_000)
      if (failures % 10 === 3) log.warn({ err: error }, 'keys and revocations not refreshed')
    }
    if (!isStopped) timer = setTimeout(() => void refresh(), delayMs).unref()
  }
  void refresh()

  return {
    get isLoaded() {
      return keys !== undefined && revocations.isComplete
    },
    async key(keyId) {
      if (keys?.has(keyId)) return keys.get(keyId)
      if (
        performance.now() - askedAt >= askAgainMs ||
        (keys === undefined && asking === undefined)
      ) {
        asking ??= fetchKeys().finally(() => {
          asking = undefined
        })
      }
      await asking?.catch(() => undefined) // told below, by what is still not known
      if (keys === undefined) throw TokensUnverifiable({})
      return keys.get(keyId)
    },
    stop() {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
