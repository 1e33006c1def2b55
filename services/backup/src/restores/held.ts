import type { Logger } from '@holdfast/telemetry'

/** The work is somebody else's by now. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

/** The service stops; whoever is next goes on. */
export class Stopped extends Error {
  override readonly name = 'Stopped'
}

/** Work that does not end when it is told to is left to itself: it can record nothing any more. */
const abandonMs = 5_000
const abandoned = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const give = (): void => void setTimeout(() => reject(signal.reason as Error), abandonMs)
    if (signal.aborted) give()
    else signal.addEventListener('abort', give, { once: true })
  })

/** Says all the while that the work is ours, and aborts it when it is not. */
export async function held<T>(
  lease: {
    readonly leaseMs: number
    /** False: it is not ours any more. */
    renew(): Promise<boolean>
    readonly logger: Logger
  },
  end: AbortController,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  let heldUntil = performance.now() + lease.leaseMs
  const beat = setInterval(
    () => {
      const at = performance.now()
      lease.renew().then(
        (isOurs) => {
          if (isOurs) heldUntil = at + lease.leaseMs
          else end.abort(new LeaseLost('it is not ours any more'))
        },
        (error: unknown) => {
          lease.logger.warn({ err: error }, 'a lease is not renewed')
          if (performance.now() > heldUntil) end.abort(new LeaseLost('the lease ran out'))
        },
      )
    },
    Math.min(1_000, lease.leaseMs / 3),
  )
  try {
    end.signal.throwIfAborted()
    return await Promise.race([work(end.signal), abandoned(end.signal)])
  } catch (error) {
    // What the work says of an abort is not why it was aborted.
    throw end.signal.aborted ? end.signal.reason : error
  } finally {
    clearInterval(beat)
  }
}
