import { type Session, sql } from '@holdfast/postgres'

/** Takes the lock of a service's projector, if nobody has it. It goes with the session. */
export async function tryLead(session: Session, service: string): Promise<boolean> {
  const [row] = await session.query<{ is_ours: boolean }>(sql`
    select pg_try_advisory_lock(hashtext('holdfast projector'), hashtext(${service}::text)) as is_ours`)
  return row?.is_ours === true
}

/** Resolves after so many milliseconds, or as soon as one of these happens. */
export function pause(ms: number, signal: AbortSignal, onWake?: (wake: () => void) => () => void) {
  return new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      stop?.()
      resolve()
    }
    const timer = setTimeout(end, signal.aborted ? 0 : ms)
    signal.addEventListener('abort', end, { once: true })
    const stop = onWake?.(end)
  })
}
