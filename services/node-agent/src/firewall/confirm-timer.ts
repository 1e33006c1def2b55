import type { Pending } from './rule-set-state.ts'

/**
 * Waits for the confirmation of a change, from its taking effect here. The deadline stands on disk by the wall clock,
 * for the next start; while the process lives the waiting itself does not follow a clock that is set.
 */
export interface ConfirmTimer {
  /** The change that waits now; `onBegin` hears of one that just took effect. */
  arm(pending: Pending | undefined, onBegin: (pending: Pending, untilUnixMs: number) => void): void
  stop(): void
}

const maxTimerMs = 2 ** 31 - 1

export function confirmTimer(options: {
  readonly now: () => number
  readonly onDue: (pending: Pending) => void
}): ConfirmTimer {
  const { now, onDue } = options
  let armed: Pending | undefined
  let timer: NodeJS.Timeout | undefined
  return {
    arm(pending, onBegin) {
      if (armed === pending) return
      clearTimeout(timer)
      armed = pending
      if (!pending || pending.isReverted) return
      if (pending.untilUnixMs === 0) onBegin(pending, now() + pending.confirmWithinMs)
      // A clock that was set back must not keep an unconfirmed change longer than was asked for.
      const leftMs = Math.min(Math.max(pending.untilUnixMs - now(), 0), pending.confirmWithinMs)
      timer = setTimeout(() => onDue(pending), Math.min(leftMs, maxTimerMs))
    },
    stop() {
      clearTimeout(timer)
    },
  }
}
