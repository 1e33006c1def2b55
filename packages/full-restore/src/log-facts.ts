import { type ArchivedCommit, commitTimeUs } from '@holdfast/archive'
import { uuidV5 } from '@holdfast/domain'
import {
  decodeCommit,
  lineageSubject,
  type PlacedCommit,
  type RestoredContent,
  readRestored,
} from '@holdfast/event-log'
import {
  formatOrigin,
  type Rotation,
  TreeHead,
  type VerifierKey,
  verifierKey,
} from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'
import { PointUnknown, SourceInvalid } from './errors.ts'

const { SigningKeyIntroduced, SigningKeyRotated } = holdfast.audit.v1

/** The state to restore: everything up to and including a commit, or up to a time. Undefined: all there is. */
export type RestorePoint =
  | { readonly sequence: bigint }
  /** The greatest sequence whose running-maximum commit time is not later. */
  | { readonly unixMicros: bigint }

export const placed = ({
  sequence,
  subject,
  messageId,
  payload,
}: ArchivedCommit): PlacedCommit => ({
  ...{ sequence, subject, commitId: messageId, bytes: payload },
})

/** What has to be known of a log to go on from a point of it; fed with every commit, in order. */
export class LogFacts {
  readonly #point: RestorePoint | undefined
  readonly #lineageId: string
  readonly #keySubject: string
  readonly #lineageSubject: string
  readonly #tree = TreeHead.empty()
  readonly #lineageAt: bigint[] = []
  #cut: { readonly size: bigint; readonly root: Uint8Array; readonly timeUs: number } | undefined
  #runningMaxUs = 0
  #firstUs = 0
  bytes = 0
  /** Public keys of the log, oldest first. */
  readonly publicKeys: Uint8Array[] = []
  readonly rotations: Rotation[] = []
  firstKey: VerifierKey | undefined
  lastRestored: RestoredContent | undefined

  constructor(lineageId: string, point: RestorePoint | undefined) {
    this.#point = point
    this.#lineageId = lineageId
    this.#lineageSubject = lineageSubject(lineageId)
    this.#keySubject = `evt.audit.signing_key.${uuidV5(lineageId, 'signing_key')}`
  }

  add(commits: readonly ArchivedCommit[], leaves: readonly Uint8Array[]): void {
    for (const [at, commit] of commits.entries()) {
      const timeUs = commitTimeUs(commit.payload)
      if (this.#isBeyond(commit.sequence, timeUs)) this.#cutHere()
      const leaf = leaves[at]
      if (leaf) this.#tree.append(leaf)
      this.#firstUs ||= timeUs
      if (timeUs > this.#runningMaxUs) this.#runningMaxUs = timeUs
      this.bytes += commit.payload.length + commit.headers.length + commit.subject.length + 34
      if (commit.subject === this.#keySubject) this.#key(commit)
      else if (commit.subject === this.#lineageSubject) this.#restored(commit)
    }
  }

  get last(): bigint {
    return this.#tree.size
  }
  rootAtEnd(): Uint8Array {
    return this.#tree.root()
  }

  /** When everything was read. Throws full_restore.point_unknown. */
  end() {
    const point = this.#point
    const cut = this.#cut ?? {
      ...{ size: this.#tree.size, root: this.#tree.root(), timeUs: this.#runningMaxUs },
    }
    const isMissed =
      point && 'sequence' in point && (point.sequence < 1n || point.sequence > this.#tree.size)
    if (isMissed || (point && cut.size < 1n))
      throw PointUnknown({
        point:
          'sequence' in point
            ? `commit ${point.sequence}`
            : new Date(Number(point.unixMicros / 1000n)).toISOString(),
        first: new Date(this.#firstUs / 1000).toISOString(),
        last: String(this.#tree.size),
      })
    return { ...cut, lineageCommits: this.#lineageAt.filter((one) => one <= cut.size).length }
  }

  #isBeyond(sequence: bigint, timeUs: number): boolean {
    if (this.#cut || !this.#point) return false
    if ('sequence' in this.#point) return sequence === this.#point.sequence + 1n
    return BigInt(Math.max(timeUs, this.#runningMaxUs)) > this.#point.unixMicros
  }

  #cutHere(): void {
    this.#cut = { size: this.#tree.size, root: this.#tree.root(), timeUs: this.#runningMaxUs }
  }

  #key(commit: ArchivedCommit): void {
    this.#read(commit, () => {
      const { events, generation } = decodeCommit(placed(commit))
      const name = formatOrigin({ lineageId: this.#lineageId, generation })
      for (const { type, data } of events) {
        if (type === 'SigningKeyIntroduced') {
          const publicKey = new Uint8Array(SigningKeyIntroduced.decode(data).publicKey)
          this.publicKeys.push(publicKey)
          this.firstKey ??= verifierKey(name, publicKey)
        }
        if (type === 'SigningKeyRotated') {
          const { statement, signature, newPublicKey } = SigningKeyRotated.decode(data)
          this.rotations.push({
            statement: new Uint8Array(statement),
            signature: new Uint8Array(signature),
          })
          this.publicKeys.push(new Uint8Array(newPublicKey))
        }
      }
    })
  }

  #restored(commit: ArchivedCommit): void {
    this.#lineageAt.push(commit.sequence)
    this.#read(commit, () => {
      this.lastRestored = readRestored(placed(commit))
    })
  }

  #read(commit: ArchivedCommit, work: () => void): void {
    try {
      work()
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw SourceInvalid(
        { part: `commit ${commit.sequence}`, reason: `it cannot be read: ${reason}` },
        cause,
      )
    }
  }
}
