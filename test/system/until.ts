import { setTimeout as pause } from 'node:timers/promises'

/** Thrown by an asker when asking again would not help. */
export class Final extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause })
  }
}

/** Asks again until the answer is there. Throws the last failure, with what was waited for, when time is up. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  options: { readonly timeoutMs?: number; readonly everyMs?: number } = {},
): Promise<T> {
  const end = performance.now() + (options.timeoutMs ?? 30_000)
  let failure: unknown
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined && answer !== false) return answer
      failure = undefined
    } catch (error) {
      if (error instanceof Final) throw error
      failure = error
    }
    if (performance.now() > end) throw new Error(`waited in vain: ${what}`, { cause: failure })
    await pause(options.everyMs ?? 25)
  }
}
