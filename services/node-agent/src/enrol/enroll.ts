import { arch, hostname, platform, release } from 'node:os'
import type { Secret } from '@holdfast/config'
import type { Logger } from '@holdfast/telemetry'
import type { AgentKeys } from './agent-keys.ts'
import { type Identity, saveIdentity } from './identity.ts'

export interface EnrollOptions {
  /** Of the gateway; the path is added. */
  readonly url: string
  readonly token: Secret
  readonly keys: AgentKeys
  readonly dataFolder: string
  readonly log: Logger
  readonly signal: AbortSignal
  /** Between attempts, ms: doubles from here to a minute. Default 1,000. */
  readonly retryMs?: number
}

/** The gateway said no, and would say so again. */
export class EnrolmentRefused extends Error {
  override readonly name = 'EnrolmentRefused'
}

const attemptMs = 30_000
const maxRetryMs = 60_000

/**
 * Registers this node, once. Repeated with the same keys until there is an answer, so that an enrolment
 * whose answer got lost is taken up again. Throws EnrolmentRefused when repeating is of no use.
 */
export async function enroll(options: EnrollOptions): Promise<Identity> {
  let delayMs = options.retryMs ?? 1_000
  for (;;) {
    try {
      return await saveIdentity(options.dataFolder, await ask(options))
    } catch (error) {
      if (error instanceof EnrolmentRefused || options.signal.aborted) throw error
      options.log.warn({ err: error, delayMs }, 'enrolment failed; it will be tried again')
    }
    await pause(delayMs, options.signal)
    delayMs = Math.min(delayMs * 2, maxRetryMs)
  }
}

async function ask({ url, token, keys, signal }: EnrollOptions): Promise<unknown> {
  const response = await fetch(new URL('/api/v1/nodes/enroll', url), {
    method: 'POST',
    redirect: 'error', // the token is for this gateway alone
    signal: AbortSignal.any([signal, AbortSignal.timeout(attemptMs)]),
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({
      token: token.reveal(),
      enrolment_key: Buffer.from(keys.enrolment.publicKey).toString('base64'),
      nats_public_key: keys.nats.publicKey,
      hostname: hostname().slice(0, 253),
      platform: `${platform()} ${release()} ${arch()}`.slice(0, 120),
    }),
  })
  if (response.ok) return response.json()
  const detail = await detailOf(response)
  const isFinal =
    response.status >= 400 && response.status < 500 && ![408, 425, 429].includes(response.status)
  if (isFinal) throw new EnrolmentRefused(`the gateway refused the enrolment: ${detail}`)
  throw new Error(`the gateway answered ${response.status}: ${detail}`)
}

/** What a problem document says, cut to a line. */
async function detailOf(response: Response): Promise<string> {
  const text = await response.text().catch(() => '')
  try {
    const problem: unknown = JSON.parse(text)
    if (typeof problem === 'object' && problem !== null && 'detail' in problem) {
      return String(problem.detail).slice(0, 300)
    }
  } catch {
    // not JSON: a proxy in between
  }
  return response.statusText || String(response.status)
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, delayMs)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done, { once: true })
  })
}
