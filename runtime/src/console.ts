import { isAtLeast, type Level, type LogLine, toText } from './log-line.ts'

/** What a person sees of a run: its milestones, and of the logs what is worth a look. */
export interface Console {
  /** A line for the person. It reaches no file, so that a first password may be on it. */
  say(line: string): void
  /** A log line, shown when it is grave enough. */
  show(line: LogLine): void
  /** The suite answers: a detached start ends here, and from now on a warning is news. */
  ready(): void
}

/**
 * In the foreground that is standard output. In a detached start the parent prints what we send it until we are
 * ready; afterwards nobody listens and the log files have everything.
 */
export function openConsole(isVerbose: boolean): Console {
  // While processes wait for one another they warn; who cannot start has its last words printed.
  let floor: Level = isVerbose ? 'debug' : 'fatal'
  const isDetached = typeof process.send === 'function'
  const isColoured = Boolean(process.stdout.isTTY) && process.env['NO_COLOR'] === undefined
  // Whoever listened may leave at any time; that is no reason to fail.
  const send = (message: object) => process.send?.(message, undefined, {}, () => undefined)
  process.stdout.on('error', () => undefined)
  const say = (line: string) => {
    if (!isDetached) process.stdout.write(`${line}\n`)
    else if (process.connected) send({ line })
  }
  return {
    say,
    show(line) {
      if (isAtLeast(line.level, floor)) say(toText(line, isColoured))
    },
    ready() {
      if (!isVerbose) floor = 'warn'
      if (isDetached && process.connected) send({ isReady: true })
    },
  }
}
