import { createHash } from 'node:crypto'
import { uuidV5 } from '@holdfast/domain'
import {
  FormatError,
  followRotations,
  formatOrigin,
  formatRestored,
  type KeyChain,
  openRestored,
  parseNote,
  parseRestored,
  presentKey,
  type RestoredStatement,
  type Rotation,
  signer,
  signRestored,
  TrustError,
} from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'
import { decodeCommit, encodeCommit } from './commit-codec.ts'
import { subjectOf } from './subject.ts'
import { type Actor, actorKinds } from './types.ts'

const { Restored } = holdfast.log.v1

/** A commit as it stands in a stream or an archive. */
export interface PlacedCommit {
  readonly sequence: bigint
  readonly subject: string
  /** `Nats-Msg-Id`. */
  readonly commitId: string
  readonly bytes: Uint8Array
}

/** One step from a generation to the next. */
export interface RestoredLink extends Omit<RestoredStatement, 'evidence'> {
  readonly note: string
}

/** What a `Restored` commit says, before anybody vouches for it. */
export interface RestoredContent {
  /** All restores of the lineage so far, oldest first; the last is this one. */
  readonly links: readonly [...RestoredLink[], RestoredLink]
  /** Every handover of the log's keys, oldest first. */
  readonly rotations: readonly Rotation[]
}

export interface RestoreFacts {
  readonly lineageId: string
  readonly oldGeneration: number
  /** Later than the old one, and than any this lineage was ever restored to. */
  readonly newGeneration: number
  /** Commits taken over, and the root of the tree over them. */
  readonly size: bigint
  readonly root: Uint8Array
  /** Commits the source had. */
  readonly head: bigint
  /** UUID. */
  readonly restoreId: string
  readonly restoredAtUnixMs: number
  readonly actor: Pick<Actor, 'kind' | 'id'>
  readonly reason: string
  /** How many of the commits taken over have the subject of the lineage. */
  readonly lineageCommits: bigint
  /** The newest `Restored` the source has, `size` or not; undefined in the first generation. */
  readonly last: RestoredContent | undefined
  /** Every handover in the source, `size` or not, oldest first. */
  readonly rotations: readonly Rotation[]
  /** The key in office at the end of the source, Ed25519; undefined when the log never had one. */
  readonly privateKey: Uint8Array | undefined
}

export const lineageSubject = (lineageId: string): string =>
  subjectOf('backup', 'lineage', lineageId)

/**
 * The first commit of a new generation. The same facts make the same bytes. Without a key the statement stands there
 * unsigned: nobody has pinned a key that could have signed it, and no agent obeys it.
 */
export function makeRestored(facts: RestoreFacts): PlacedCommit {
  const { lineageId, oldGeneration, last, rotations, privateKey } = facts
  const earlier = last?.links.map(({ note }) => note) ?? []
  const statement: RestoredStatement = {
    ...facts,
    version: facts.lineageCommits + 1n,
    evidence: evidenceOf(earlier, rotations),
  }
  const note = privateKey
    ? signRestored(
        statement,
        signer(formatOrigin({ lineageId, generation: oldGeneration }), privateKey),
      )
    : formatRestored(statement)
  readLinks([...earlier, note])
  return commitOf(statement, { note, earlier, rotations })
}

/** How far a verifier trusts. */
export interface RestoredPin {
  readonly lineageId: string
  /** The log's key, as it was pinned. */
  readonly logKey: string
}

export interface VerifiedRestored extends RestoredContent {
  readonly lineageId: string
  readonly generation: number
  /** Commits older than this generation: up to here. */
  readonly size: bigint
  readonly root: Uint8Array
  /** From the pinned key to the present one. */
  readonly keys: KeyChain
  /** Present key of the log, to be pinned from now on. */
  readonly logKey: string
}

/**
 * What a `Restored` commit proves to somebody who has pinned a key of the log: every byte of it follows from what the
 * log's present key signed. Throws FormatError or TrustError.
 */
export function verifyRestored(commit: PlacedCommit, pin: RestoredPin): VerifiedRestored {
  const content = readRestored(commit)
  const { links, rotations } = content
  const keys = followRotations(pin.logKey, rotations)
  const own = links[links.length - 1] as RestoredLink // a list of one at least
  const opened = openRestored(own.note, keys)
  const present = presentKey(keys)
  // An earlier key is none any more that could begin a generation.
  if (opened.signedBy !== present)
    throw new TrustError('key_retired', 'the key that signed the restore had handed over before')
  if (opened.lineageId !== pin.lineageId)
    throw new TrustError('origin_foreign', 'the restore is of another log')
  const { lineageId, newGeneration: generation, size, root } = opened
  const logKey = present.introduced.text
  return { ...content, lineageId, generation, size, root, keys, logKey }
}

/** The commit is exactly what its statement makes of it; who signed is not looked at. Throws FormatError. */
export function readRestored(commit: PlacedCommit): RestoredContent {
  const refuse = (why: string) => new FormatError('restored', why)
  let event: holdfast.log.v1.Restored
  try {
    const [first, ...more] = decodeCommit(commit).events
    if (first?.type !== 'Restored' || first.schema !== 1 || more.length > 0)
      throw refuse('is no commit of one Restored')
    event = Restored.decode(first.data)
  } catch (error) {
    if (error instanceof FormatError) throw error
    throw refuse('is no commit')
  }
  const rotations = event.handovers.map(({ statement, signature }) => ({
    statement: new Uint8Array(statement ?? []),
    signature: new Uint8Array(signature ?? []),
  }))
  const earlier = event.earlierNotes
  const links = readLinks([...earlier, event.note])
  const statement = parseRestored(textOf(event.note))
  const same = commitOf(statement, { note: event.note, earlier, rotations })
  const isSame =
    Buffer.from(statement.evidence).equals(evidenceOf(earlier, rotations)) &&
    same.sequence === commit.sequence &&
    same.subject === commit.subject &&
    same.commitId === commit.commitId &&
    Buffer.from(same.bytes).equals(commit.bytes)
  if (!isSame) throw refuse('the commit is not what its statement says')
  return { links, rotations }
}

/**
 * How many commits, from the first, a log of generation `generation` is sure to have in common with the one the links
 * lead to. 0 when they do not pass through that generation.
 */
export function commonCommits(links: readonly RestoredLink[], generation: number): bigint {
  const from = links.findIndex(({ oldGeneration }) => oldGeneration === generation)
  if (from < 0) return 0n
  return links.slice(from).reduce((least, { size }) => (size < least ? size : least), maxSequence)
}

const maxSequence = (1n << 63n) - 1n

/** Of a note, or of a statement nobody signed. */
const textOf = (note: string): string => (note.includes('\n\n') ? parseNote(note).text : note)

function readLinks(notes: readonly string[]): RestoredContent['links'] {
  const links = notes.map((note): RestoredLink => {
    const { evidence: _, ...statement } = parseRestored(textOf(note))
    return { ...statement, note }
  })
  for (const [at, link] of links.entries()) {
    const before = links[at - 1]
    if (
      before &&
      (before.newGeneration !== link.oldGeneration || before.lineageId !== link.lineageId)
    )
      throw new FormatError('restored', 'a restore does not follow from the one before')
  }
  return links as unknown as RestoredContent['links'] // every caller gives one at least
}

/** SHA-256 over the parts, each behind its length as u32. */
function evidenceOf(earlier: readonly string[], rotations: readonly Rotation[]): Uint8Array {
  const hash = createHash('sha256')
  const add = (bytes: Uint8Array): void => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    hash.update(length).update(bytes)
  }
  for (const note of earlier) add(Buffer.from(note))
  for (const { statement, signature } of rotations) {
    add(statement)
    add(signature)
  }
  return new Uint8Array(hash.digest())
}

function commitOf(
  statement: RestoredStatement,
  parts: {
    readonly note: string
    readonly earlier: readonly string[]
    readonly rotations: readonly Rotation[]
  },
): PlacedCommit {
  const { lineageId, restoreId, size, actor, reason } = statement
  const kind = actorKinds.find((each) => each === actor.kind)
  if (kind === undefined) throw new FormatError('restored', 'the actor is of no known kind')
  const sequence = size + 1n
  const subject = lineageSubject(lineageId)
  const commitId = uuidV5(restoreId, 'restored')
  const bytes = encodeCommit({
    commitId,
    lineageId,
    generation: statement.newGeneration,
    aggregateType: 'lineage',
    aggregateId: lineageId,
    aggregateVersion: statement.version,
    actor: { kind, id: actor.id },
    commandId: restoreId,
    correlationId: restoreId,
    timeUnixUs: BigInt(statement.restoredAtUnixMs) * 1000n,
    ...(reason === '' ? {} : { reason }),
    events: [
      {
        type: 'Restored',
        schema: 1,
        data: Restored.encode({
          oldGeneration: statement.oldGeneration,
          newGeneration: statement.newGeneration,
          size: Number(size),
          root: statement.root,
          head: Number(statement.head),
          restoreId,
          note: parts.note,
          earlierNotes: [...parts.earlier],
          handovers: parts.rotations.map((rotation) => ({ ...rotation })),
        }).finish(),
      },
    ],
  })
  return { sequence, subject, commitId, bytes }
}
