import type { Archive } from '@holdfast/archive'
import { type ComparingContext, checkSettings, streamIsGone } from './comparing.ts'
import type { StreamStanding } from './log-stream.ts'
import { Freeze } from './phase.ts'
import { shrunkReason } from './reasons.ts'

const lookEveryMs = 1_000
const settingsEveryMs = 5_000

/**
 * Watches an open log until the signal aborts: it only grows, it is not replaced, and its settings stay.
 * Throws Freeze. Also closes segments of the archive that are old enough.
 */
export async function watchStream(
  context: Pick<ComparingContext, 'admin' | 'spec' | 'stream'>,
  archive: Archive,
  opened: StreamStanding,
  signal: AbortSignal,
  onStanding: (standing: StreamStanding) => void,
): Promise<void> {
  let settingsSeenAt = Date.now()
  for (;;) {
    await pause(lookEveryMs, signal)
    if (signal.aborted) return
    const archived = archive.last.sequence
    // Without an answer nothing is known; the connection has its own alarms.
    const standing = await context.stream.standing().catch(() => 'unknown' as const)
    if (signal.aborted) return
    if (standing === 'unknown') continue
    if (!standing) throw streamIsGone()
    if (standing.last < archived || standing.created !== opened.created)
      throw new Freeze(shrunkReason(standing.last, archived), standing.last + 1n)
    onStanding(standing)
    if (Date.now() - settingsSeenAt < settingsEveryMs) continue
    settingsSeenAt = Date.now()
    await checkSettings(context, 'freeze').catch((error: unknown) => {
      if (error instanceof Freeze) throw error
    })
    await archive.sealIfDue()
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
