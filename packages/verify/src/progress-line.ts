/** How far a long input has been read. */
export interface VerifyProgress {
  readonly sequence: bigint
  /** As far as the input claims to go. */
  readonly lastSequence: bigint
}

/** At most so often is a line written. */
const everyMs = 200

/** A line on standard error that overwrites itself; nothing where that is no terminal. */
export function progressLine(isQuiet: boolean): {
  readonly show: (progress: VerifyProgress) => void
  readonly clear: () => void
} {
  const isShown = !isQuiet && process.stderr.isTTY === true
  let shownAt = 0
  return {
    show({ sequence, lastSequence: last }) {
      if (!isShown || performance.now() - shownAt < everyMs) return
      shownAt = performance.now()
      const percent = last > 0n ? ` (${(sequence * 100n) / last} %)` : ''
      process.stderr.write(`\r\u001b[Kcommit ${sequence} of ${last}${percent}`)
    },
    clear() {
      if (shownAt > 0) process.stderr.write('\r\u001b[K')
    },
  }
}
