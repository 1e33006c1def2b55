import { get } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

/** Whether `url` answers 200 within `timeoutMs`. */
export function isReady(url: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(url, { timeout: timeoutMs, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('timeout', () => request.destroy())
    request.on('error', () => resolve(false))
  })
}

/** Asks `url` until it answers 200. Rejects with the signal's reason. */
export async function waitReady(url: string, signal: AbortSignal): Promise<void> {
  while (!(await isReady(url, 2_000))) {
    await wait(25, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) throw reasonOf(signal)
  }
  if (signal.aborted) throw reasonOf(signal)
}

const reasonOf = ({ reason }: AbortSignal): Error =>
  reason instanceof Error
    ? reason.name === 'TimeoutError'
      ? new Error('not ready in time')
      : reason
    : new Error('not wanted any more')
