import { StorageDenied, StorageInvalidAnswer } from '../errors.ts'
import { at, Busy, textAt, type WebAnswer, type WebClient, waitOf } from './client.ts'

/** Before its end, so that a token is not refused under way. */
const marginMs = 60_000
const renewalMs = 30_000

/** Keeps an access token and gets another when it runs out or was refused; several that ask at once wait for one. */
export function renewedToken(
  request: (ask: WebClient['ask'], signal: AbortSignal) => Promise<WebAnswer>,
): (ask: WebClient['ask'], isStale: boolean) => Promise<string> {
  let token = ''
  let endsAt = 0
  let underWay: Promise<void> | undefined

  async function renew(ask: WebClient['ask']): Promise<void> {
    // Several wait for it: whoever asked first and gives up must not take it from the others.
    const { status, value, headers } = await request(ask, AbortSignal.timeout(renewalMs))
    if (status === 429 || status >= 500) throw new Busy(waitOf(headers))
    if (status !== 200) {
      const why = textAt(value, 'error') || `status ${status}`
      throw StorageDenied({ why: `no access token was given (${why.slice(0, 100)})` })
    }
    const given = textAt(value, 'access_token')
    if (given === '') throw StorageInvalidAnswer({ why: 'an answer without an access token' })
    token = given
    const seconds = Number(at(value, 'expires_in') ?? 0)
    endsAt = Date.now() + (Number.isFinite(seconds) ? seconds * 1000 : 0) - marginMs
  }

  return async (ask, isStale) => {
    if (isStale || Date.now() >= endsAt) {
      underWay ??= renew(ask).finally(() => {
        underWay = undefined
      })
      await underWay
    }
    return token
  }
}

export const form = (fields: Readonly<Record<string, string>>) => ({
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: Buffer.from(new URLSearchParams(fields).toString()),
})
