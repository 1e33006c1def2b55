import type { Leaf, Origin } from '@holdfast/merkle'
import { type CommitFacts, readCommit, readEvents } from './commit.ts'
import { clip, type Findings } from './findings.ts'
import type { LogKeys } from './log-keys.ts'
import type { Restorations } from './restorations.ts'
import { WireError } from './wire.ts'

const keySubject = 'evt.audit.signing_key.'

/**
 * Looks into entries whose hashes are right, in order: does each state what it was stored as, and do the versions
 * of every aggregate follow each other? Remembers one number for each subject, the one thing here that grows with a log.
 */
export class CommitCheck {
  readonly #findings: Findings
  readonly #origin: Origin
  readonly #keys: LogKeys
  readonly #isFromStart: boolean
  readonly #restorations: Restorations | undefined
  readonly #aggregates = new Map<string, { version: number }>()
  #sequence: bigint
  #generation = 0
  /** Ends with the first entry that is missing or not what it was: versions after it would be blamed for it. */
  #countsVersions = true

  /** `first`: the sequence the entries begin with. */
  constructor(
    findings: Findings,
    origin: Origin,
    keys: LogKeys,
    first: bigint,
    restorations?: Restorations,
  ) {
    this.#restorations = restorations
    this.#findings = findings
    this.#origin = origin
    this.#keys = keys
    this.#isFromStart = first === 1n
    this.#sequence = first - 1n
  }

  /** `root` answers that of the tree over all before it, where it is known. */
  add({ sequence, subject, messageId, payload }: Leaf, root?: () => Uint8Array | undefined): void {
    if (sequence !== this.#sequence + 1n) this.#countsVersions = false
    this.#sequence = sequence
    let commit: CommitFacts
    try {
      commit = readCommit(payload)
      if (subject.startsWith(keySubject))
        for (const event of readEvents(payload))
          this.#keys.addEvent(event, sequence, commit.generation)
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.#countsVersions = false
      this.#findings.add('commit_unreadable', `it is no commit: ${error.message}`, sequence)
      return
    }
    if (commit.commitId !== messageId)
      this.#findings.add(
        'commit_id_differs',
        `it calls itself ${commit.commitId} and was stored as ${clip(messageId)}`,
        sequence,
      )
    const before = this.#generation
    this.#checkOrigin(commit, sequence)
    // Where the beginning is not shown, what comes first is taken as it is.
    const isFirst = before === 0 && (!this.#isFromStart || commit.generation === 1)
    if (this.#generation !== before && !isFirst)
      this.#restorations?.begins(commit.generation, { sequence, subject, payload }, root?.())
    this.#checkSubject(commit, subject, sequence)
  }

  #checkOrigin({ lineageId, generation }: CommitFacts, sequence: bigint): void {
    const { lineageId: ours, generation: present } = this.#origin
    const foreign = (detail: string) => this.#findings.add('commit_foreign', detail, sequence)
    if (lineageId !== ours) foreign(`it belongs to the instance ${lineageId}, not ${ours}`)
    else if (generation > present || generation < this.#generation)
      foreign(`it is of generation ${generation} in a log of generation ${present}`)
    // A restored log begins with the commits of the generation before.
    else this.#generation = generation
  }

  #checkSubject(commit: CommitFacts, subject: string, sequence: bigint): void {
    if (!namesAggregate(subject, commit.aggregateType, commit.aggregateId)) {
      const about = clip(`${commit.aggregateType} ${commit.aggregateId}`)
      const detail = `it is about ${about} and was stored under ${clip(subject)}`
      this.#findings.add('subject_differs', detail, sequence)
      return
    }
    const { aggregateVersion, eventCount } = commit
    const version = aggregateVersion + eventCount - 1
    const known = this.#aggregates.get(subject)
    const before = known?.version
    if (known) known.version = version
    else this.#aggregates.set(detached(subject), { version })
    // Where the log's beginning is not shown, the first commit of an aggregate sets the count.
    if (!this.#countsVersions || (before === undefined && !this.#isFromStart)) return
    const expected = (before ?? 0) + 1
    if (aggregateVersion === expected) return
    const detail = `it brings version ${aggregateVersion} of ${clip(subject)} where version ${expected} is due`
    this.#findings.add('version_unexpected', detail, sequence)
  }
}

/** A string of its own: one cut out of a line would keep the line in memory for as long. */
const detached = (text: string): string => Buffer.from(text).toString()

/** Whether a subject is `evt.<context>.<type>.<id>` of this aggregate. */
function namesAggregate(subject: string, type: string, id: string): boolean {
  if (!subject.startsWith('evt.')) return false
  const end = subject.indexOf('.', 4)
  return (
    end > 4 &&
    subject.length === end + 2 + type.length + id.length &&
    subject.startsWith(type, end + 1) &&
    subject.endsWith(id) &&
    subject[end + 1 + type.length] === '.'
  )
}
