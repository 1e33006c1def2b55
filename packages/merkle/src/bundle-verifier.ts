import { createHash } from 'node:crypto'
import {
  type BundleHeader,
  type BundleLine,
  maxBundleLineBytes,
  parseBundleLine,
} from './bundle-lines.ts'
import { type Checkpoint, formatOrigin } from './checkpoint.ts'
import { FormatError, TrustError } from './format-error.ts'
import { type Leaf, leafHash } from './hash.ts'
import type { VerifierKey } from './keys.ts'
import { splitLines, type TextLine } from './lines.ts'
import { equalBytes, verifyConsistency } from './proof.ts'
import {
  followRotations,
  type KeyChain,
  openCheckpoint,
  type SignedCheckpoint,
} from './rotation.ts'
import { TreeHead } from './tree-head.ts'

/** What a finding speaks against. */
export const verdicts = ['integrity', 'completeness', 'key'] as const
export type Verdict = (typeof verdicts)[number]

/** Every code with the verdict it speaks against (docs/formats/bundle.md). */
export const findingCodes = {
  line_malformed: 'integrity',
  line_unexpected: 'integrity',
  sequence_unexpected: 'integrity',
  leaf_hash_differs: 'integrity',
  root_differs: 'integrity',
  consistency_invalid: 'integrity',
  signature_invalid: 'integrity',
  origin_foreign: 'integrity',
  key_retired: 'integrity',
  rotation_broken: 'integrity',
  count_differs: 'integrity',
  digest_differs: 'integrity',
  known_checkpoint_differs: 'integrity',
  end_missing: 'completeness',
  entries_missing: 'completeness',
  entries_uncovered: 'completeness',
  entries_unwitnessed: 'completeness',
  known_checkpoint_not_reached: 'completeness',
  key_unpinned: 'completeness',
  key_unknown: 'key',
} as const satisfies Record<string, Verdict>
export type FindingCode = keyof typeof findingCodes

export interface Finding {
  readonly code: FindingCode
  readonly verdict: Verdict
  /** First sequence concerned; undefined when it is about the file or a key. */
  readonly sequence: bigint | undefined
  /** Last sequence concerned, when it is a range. */
  readonly toSequence: bigint | undefined
  /** From 1; 0 when it is about no line. */
  readonly line: number
  /** For people; quotes no payload. */
  readonly detail: string
}

/** A tree somebody else kept: of a witness, a mail, an earlier bundle. The caller has verified its note. */
export interface KnownTree {
  readonly origin: string
  readonly size: bigint
  readonly root: Uint8Array
}

export interface BundleOptions {
  /** The log's key, got some other way. Without one the bundle's own claim is taken, and a finding says so. */
  readonly pinned?: VerifierKey | undefined
  readonly witnesses?: readonly VerifierKey[]
  /** How many of the witnesses have to vouch for each entry; zero by default. */
  readonly minWitnesses?: number
  readonly known?: readonly KnownTree[]
  /** Called for each entry whose bytes are what its leaf hash says, in order. */
  readonly onEntry?: (entry: Leaf) => void
  /** Called for each checkpoint that fits the entries and is signed. */
  readonly onCheckpoint?: (checkpoint: SignedCheckpoint) => void
}

export interface BundleReport {
  readonly header: BundleHeader | undefined
  readonly chain: KeyChain | undefined
  readonly entries: bigint
  readonly checkpoints: bigint
  /** Last sequence that was read in order; `first` − 1 when none. */
  readonly lastSequence: bigint
  /** The largest tree a trusted signature vouches for that the entries lead to; undefined when none does. */
  readonly covered: { readonly size: bigint; readonly root: Uint8Array } | undefined
  /** The largest one that enough witnesses vouch for. */
  readonly witnessedSize: bigint | undefined
  readonly isIntact: boolean
  readonly isComplete: boolean
  readonly isKeyTrusted: boolean
  readonly firstBadSequence: bigint | undefined
}

/**
 * Verifies a bundle as it streams by: memory is one line and one hash for each bit of the size. Yields what is wrong, in order;
 * returns the sum. A line that cannot be read or stands in the wrong place ends the reading.
 */
export async function* verifyBundle(
  chunks: AsyncIterable<Uint8Array>,
  options: BundleOptions = {},
): AsyncGenerator<Finding, BundleReport, undefined> {
  const verifier = new BundleVerifier(options)
  reading: for await (const lines of splitLines(chunks, maxBundleLineBytes)) {
    for (const line of lines) {
      // Not `yield*`: it would wait once for each line, though hardly any has something to say.
      for (const finding of verifier.line(line)) yield finding
      if (verifier.hasStopped) break reading
    }
    verifier.digest()
  }
  yield* verifier.end()
  return verifier.report()
}

/** The verifier without the stream: takes lines one by one. */
class BundleVerifier {
  readonly #options: BundleOptions
  #header: BundleHeader | undefined
  #origin = ''
  #chain: KeyChain | undefined
  #tree = TreeHead.empty()
  /** Since an entry was not what its leaf hash says: the tree with what it is. */
  #actualTree: TreeHead | undefined
  readonly #digest = createHash('sha256')
  /** Lines of the present chunk: hashed together, which is much cheaper than one by one. */
  #undigested: Uint8Array[] = []
  #lineNumber = 0
  #entries = 0n
  #checkpoints = 0n
  #sequence = 0n
  #lastCheckpointSize = -1n
  #covered: { readonly size: bigint; readonly root: Uint8Array } | undefined
  #witnessedSize: bigint | undefined
  #hasRootDiffered = false
  #hasEnded = false
  #known: KnownTree[]
  readonly #bad = new Set<Verdict>()
  #firstBad: bigint | undefined
  hasStopped = false

  constructor(options: BundleOptions) {
    this.#options = options
    this.#known = [...(options.known ?? [])]
  }

  line({ bytes, text, isWhole }: TextLine): readonly Finding[] {
    this.#lineNumber += 1
    // A line without its newline is a file that was cut.
    if (!isWhole) return this.#stop(undefined)
    if (text === undefined) return this.#stop('line_malformed', 'the line is no text, or too long')
    let line: BundleLine
    try {
      line = parseBundleLine(text)
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      return this.#stop('line_malformed', error.reason)
    }
    if (this.#hasEnded) return this.#stop('line_unexpected', 'something follows the end')
    if ((line.type === 'header') !== (this.#header === undefined))
      return this.#stop('line_unexpected', 'the header is the first line, and only that')
    if (line.type !== 'end') this.#undigested.push(bytes)
    switch (line.type) {
      case 'header':
        return this.#begin(line.header)
      case 'entry':
        return this.#entry(line.entry, line.leafHash)
      case 'checkpoint':
        return this.#checkpoint(line.note, line.path)
      case 'end':
        return this.#finish(line)
    }
  }

  #begin(header: BundleHeader): readonly Finding[] {
    try {
      this.#tree = TreeHead.restore({ size: header.first - 1n, hashes: header.left })
    } catch (error) {
      if (!(error instanceof FormatError)) throw error
      return this.#stop('line_malformed', error.reason)
    }
    this.#header = header
    this.#origin = formatOrigin(header)
    this.#sequence = header.first - 1n
    const findings: Finding[] = []
    const { pinned } = this.#options
    if (pinned === undefined)
      findings.push(this.#find('key_unpinned', 'no key is pinned: the one of the bundle is taken'))
    const start = pinned ?? header.firstKey
    try {
      this.#chain = followRotations(start, header.rotations)
    } catch (error) {
      const code = codeOf(error)
      if (code === 'line_malformed') return [...findings, ...this.#stop(code, messageOf(error))]
      findings.push(this.#find(code, messageOf(error)))
      this.#chain = followRotations(start, [])
    }
    if (this.#chain.lineageId !== header.lineageId)
      return [
        ...findings,
        ...this.#stop('key_unknown', 'the bundle is of another log than the key'),
      ]
    return [...findings, ...this.#compareKnown()]
  }

  #entry(entry: Leaf, claimed: Uint8Array): readonly Finding[] {
    const expected = this.#sequence + 1n
    const last = this.#header?.last ?? 0n
    if (entry.sequence !== expected || expected > last) {
      const found = `sequence ${entry.sequence} where ${expected} should be`
      return this.#stop('sequence_unexpected', expected > last ? `${found}: the end` : found)
    }
    this.#sequence = expected
    this.#entries += 1n
    const findings: Finding[] = []
    const actual = leafHash(entry)
    const isSame = equalBytes(actual, claimed)
    // Either may be what was damaged. The next checkpoint tells which tree it was, so that one bad entry is one finding.
    if (!isSame) this.#actualTree ??= this.#tree.clone()
    this.#actualTree?.append(actual)
    this.#tree.append(claimed)
    if (isSame) this.#options.onEntry?.(entry)
    else {
      const detail = 'the entry is not what its leaf hash says'
      findings.push(this.#find('leaf_hash_differs', detail, expected))
    }
    return this.#known.length === 0 ? findings : [...findings, ...this.#compareKnown()]
  }

  #checkpoint(note: string, path: readonly Uint8Array[]): readonly Finding[] {
    const { first = 1n, last = 0n } = this.#header ?? {}
    this.#checkpoints += 1n
    let checkpoint: SignedCheckpoint
    try {
      if (this.#chain === undefined) throw new FormatError('bundle', 'has no header')
      checkpoint = openCheckpoint(note, this.#chain, this.#options.witnesses)
      if (checkpoint.origin !== this.#origin)
        throw new TrustError('origin_foreign', 'the checkpoint is of another generation')
    } catch (error) {
      const code = codeOf(error)
      // Said once: a wrong key is wrong for every checkpoint.
      if (code === 'key_unknown' && this.#bad.has('key')) return []
      return [this.#find(code, messageOf(error), this.#sequence < first ? first : this.#sequence)]
    }
    const { size, root } = checkpoint
    if (size <= this.#lastCheckpointSize)
      return this.#stop('line_unexpected', 'checkpoints are out of order')
    this.#lastCheckpointSize = size
    const before = first - 1n
    const isInPlace =
      size < before
        ? this.#entries === 0n
        : size > last
          ? this.#sequence === last
          : size === this.#sequence
    if (!isInPlace) return this.#stop('line_unexpected', `checkpoint ${size} is out of place`)

    const known = this.#compareKnown(checkpoint)
    const isInside = size >= before && size <= last
    const fits = isInside
      ? (tree: TreeHead) => path.length === 0 && equalBytes(root, tree.root())
      : (tree: TreeHead) => followsFrom(tree, checkpoint, path)
    if (this.#actualTree !== undefined && fits(this.#actualTree)) this.#tree = this.#actualTree
    const isFitting = fits(this.#tree)
    if (isInside && !isFitting) {
      if (this.#hasRootDiffered) return known // a consequence of the first
      this.#hasRootDiffered = true
      const from = this.#covered === undefined ? first : this.#covered.size + 1n
      const detail = `entries do not lead to the root of checkpoint ${size}`
      const start = from < first ? first : from
      return [this.#find('root_differs', detail, start < size ? start : size, size), ...known]
    }
    if (!isFitting) {
      const detail = `checkpoint ${size} and the entries are not of one log`
      const start = size < first ? first : this.#firstUncovered()
      return [this.#find('consistency_invalid', detail, start), ...known]
    }
    // An earlier root that did not fit was the checkpoint's fault, or the signer's: it has been found.
    this.#hasRootDiffered = false
    this.#actualTree = undefined
    if (size >= before) this.#covered = { size, root }
    const witnesses = new Set(checkpoint.cosignatures.map(({ key }) => key.text))
    if (size >= before && witnesses.size >= (this.#options.minWitnesses ?? 0))
      this.#witnessedSize = size
    this.#options.onCheckpoint?.(checkpoint)
    return known
  }

  #firstUncovered(): bigint {
    const first = this.#header?.first ?? 1n
    const next = (this.#covered?.size ?? 0n) + 1n
    return next < first ? first : next
  }

  #finish(end: { entries: bigint; checkpoints: bigint; digest: Uint8Array }): readonly Finding[] {
    this.#hasEnded = true
    const findings: Finding[] = []
    if (end.entries !== this.#entries || end.checkpoints !== this.#checkpoints) {
      const detail = `${this.#entries} entries and ${this.#checkpoints} checkpoints where ${end.entries} and ${end.checkpoints} should be`
      findings.push(this.#find('count_differs', detail, this.#sequence + 1n))
    }
    this.digest()
    if (!equalBytes(end.digest, this.#digest.digest()))
      findings.push(this.#find('digest_differs', 'the lines are not those that were written'))
    return findings
  }

  /** To be called before the bytes of lines may change. */
  digest(): void {
    if (this.#undigested.length > 0) this.#digest.update(Buffer.concat(this.#undigested))
    this.#undigested = []
  }

  /** To be called when there are no more lines. */
  end(): readonly Finding[] {
    const findings: Finding[] = []
    this.#lineNumber = 0
    const next = this.#sequence + 1n
    if (!this.#hasEnded && !this.hasStopped)
      findings.push(this.#find('end_missing', 'the bundle ends before its end line', next))
    const header = this.#header
    if (header === undefined) return findings
    if (this.#sequence < header.last)
      findings.push(
        this.#find(
          'entries_missing',
          this.hasStopped ? 'entries were not read' : 'entries are missing',
          next,
          header.last,
        ),
      )
    const uncovered = this.#firstUncovered()
    if (uncovered <= this.#sequence) {
      const detail = 'no checkpoint vouches for these entries'
      findings.push(this.#find('entries_uncovered', detail, uncovered, this.#sequence))
    }
    const witnessed = this.#witnessedSize ?? 0n
    if ((this.#options.minWitnesses ?? 0) > 0 && witnessed < this.#sequence) {
      const from = witnessed < header.first ? header.first : witnessed + 1n
      const detail = 'too few witnesses vouch for these entries'
      findings.push(this.#find('entries_unwitnessed', detail, from, this.#sequence))
    }
    for (const { size } of this.#known) {
      const detail = `nothing in the bundle says whether it agrees with the known tree of size ${size}`
      findings.push(this.#find('known_checkpoint_not_reached', detail, size))
    }
    return findings
  }

  report(): BundleReport {
    return {
      header: this.#header,
      chain: this.#chain,
      entries: this.#entries,
      checkpoints: this.#checkpoints,
      lastSequence: this.#sequence,
      covered: this.#covered,
      witnessedSize: this.#witnessedSize,
      isIntact: !this.#bad.has('integrity'),
      isComplete: !this.#bad.has('completeness'),
      isKeyTrusted: !this.#bad.has('key'),
      firstBadSequence: this.#firstBad,
    }
  }

  /** Known trees of this size are compared with the entries', or with that of a checkpoint beyond them, and struck off. */
  #compareKnown(at?: { readonly size: bigint; readonly root: Uint8Array }): readonly Finding[] {
    const size = at?.size ?? this.#tree.size
    const due = this.#known.filter((one) => one.size === size && one.origin === this.#origin)
    if (due.length === 0) return []
    this.#known = this.#known.filter((one) => !due.includes(one))
    const root = at?.root ?? this.#tree.root()
    return due
      .filter((one) => !equalBytes(one.root, root))
      .map(() => {
        const detail = `the known tree of size ${size} is another: the log was rewritten`
        return this.#find('known_checkpoint_differs', detail, this.#header?.first, size)
      })
  }

  #find(code: FindingCode, detail: string, sequence?: bigint, toSequence?: bigint): Finding {
    const verdict = findingCodes[code]
    this.#bad.add(verdict)
    const isEarlier = this.#firstBad === undefined || (sequence ?? 0n) < this.#firstBad
    if (verdict === 'integrity' && sequence !== undefined && isEarlier) this.#firstBad = sequence
    return { code, verdict, sequence, toSequence, line: this.#lineNumber, detail }
  }

  #stop(code: FindingCode | undefined, detail = ''): readonly Finding[] {
    if (code === undefined) return [] // end() says what is missing
    this.hasStopped = true
    return [this.#find(code, detail, this.#sequence + 1n)]
  }
}

/** Of a checkpoint before or behind the entries. */
function followsFrom(tree: TreeHead, other: Checkpoint, path: readonly Uint8Array[]): boolean {
  const [size, root] = [tree.size, tree.root()]
  const [from, to] = other.size < size ? [other, { size, root }] : [{ size, root }, other]
  const sizes = { fromSize: from.size, toSize: to.size }
  return verifyConsistency({ ...sizes, fromRoot: from.root, toRoot: to.root, path })
}

/** Anything else is a fault of ours and rises. */
function codeOf(error: unknown): FindingCode {
  if (error instanceof FormatError) return 'line_malformed'
  if (!(error instanceof TrustError)) throw error
  return error.code === 'proof_invalid' ? 'consistency_invalid' : error.code
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : '')
