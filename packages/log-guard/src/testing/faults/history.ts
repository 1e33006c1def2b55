import { type Commit, commitHash } from '@holdfast/event-log'

/** A commit as somebody saw it. */
export interface Seen {
  readonly sequence: bigint
  readonly commandId: string
  /** Hex. */
  readonly hash: string
}

const hashOf = (commit: Commit): string => Buffer.from(commitHash(commit)).toString('hex')

/**
 * Everything anybody was told, from the beginning of a log on: what writers had acknowledged, and what
 * readers were shown. None of it may ever turn out to be otherwise.
 */
export class History {
  /** By command. */
  readonly #acknowledged = new Map<string, bigint>()
  readonly #commandAt = new Map<bigint, string>()
  readonly #shown = new Map<bigint, Seen>()
  #lastShown = 0n
  readonly violations: string[] = []

  get acknowledgedCount(): number {
    return this.#acknowledged.size
  }

  /** The greatest sequence anybody was told of. */
  get end(): bigint {
    let end = this.#lastShown
    for (const sequence of this.#commandAt.keys()) if (sequence > end) end = sequence
    return end
  }

  /** What a reader was shown at a sequence, if any was. */
  shownAt(sequence: bigint): Seen | undefined {
    return this.#shown.get(sequence)
  }

  acknowledge(commandId: string, sequence: bigint): void {
    const other = this.#commandAt.get(sequence)
    if (other !== undefined && other !== commandId)
      this.#violate(`sequence ${sequence} was acknowledged to two commands`)
    this.#acknowledged.set(commandId, sequence)
    this.#commandAt.set(sequence, commandId)
  }

  /** Commits as the one reader was handed them, who stays for as long as the log. */
  show(commits: readonly Commit[]): void {
    for (const commit of commits) {
      const { sequence, commandId } = commit
      if (sequence !== this.#lastShown + 1n)
        this.#violate(`a reader was shown ${sequence} after ${this.#lastShown}`)
      this.#lastShown = sequence
      this.#compare({ sequence, commandId, hash: hashOf(commit) })
    }
  }

  /** Compares the whole log as it is now with everything anybody was ever told. */
  check(commits: readonly Commit[]): void {
    const commands = new Map<string, bigint>()
    commits.forEach((commit, i) => {
      const { sequence, commandId } = commit
      if (sequence !== BigInt(i + 1)) this.#violate(`${sequence} stands in place ${i + 1}`)
      const other = commands.get(commandId)
      if (other !== undefined)
        this.#violate(`command ${commandId} stands at ${other} and at ${sequence}`)
      commands.set(commandId, sequence)
      this.#compare({ sequence, commandId, hash: hashOf(commit) })
    })
    for (const [commandId, sequence] of this.#acknowledged) {
      const found = commands.get(commandId)
      if (found !== sequence)
        this.#violate(`command ${commandId} was acknowledged at ${sequence} and is at ${found}`)
    }
  }

  #compare(seen: Seen): void {
    const { sequence, hash } = seen
    const before = this.#shown.get(sequence)
    if (!before) this.#shown.set(sequence, seen)
    else if (before.hash !== hash) this.#violate(`sequence ${sequence} was shown as two commits`)
  }

  #violate(what: string): void {
    if (this.violations.length < 20) this.violations.push(what)
  }
}
