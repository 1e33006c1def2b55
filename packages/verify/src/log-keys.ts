import {
  type AcceptedKey,
  FormatError,
  followRotations,
  formatOrigin,
  type KeyChain,
  type Origin,
  openRestored,
  openRotation,
  openTombstone,
  openTreeCheckpoint,
  parseOrigin,
  type RestoredStatement,
  type Rotation,
  type SignedCheckpoint,
  type Tombstone,
  TrustError,
  type VerifierKey,
  verifierKey,
} from '@holdfast/merkle'
import { type EventFacts, readBytesFields } from './commit.ts'
import type { Findings } from './findings.ts'
import type { KeyReport } from './result.ts'
import { WireError } from './wire.ts'

/** What comes beside the entries: the first key and how it handed over, up to now. */
export interface KeyClaim {
  readonly firstKey: VerifierKey
  /** Oldest first. */
  readonly rotations: readonly Rotation[]
}

interface LoggedKey {
  readonly publicKey: Uint8Array
  readonly sequence: bigint
}

/**
 * Who may sign checkpoints: the keys the auditor brought, and those they led to by statements in the evidence. Fed with
 * the log's own key events while it is read; asked afterwards, when all of them are known.
 */
export class LogKeys {
  readonly #findings: Findings
  readonly #origin: Origin
  readonly #pinned: readonly VerifierKey[]
  readonly #logged: LoggedKey[] = []
  readonly #rotations: Rotation[] = []
  #claim: KeyClaim | undefined
  #chains: readonly KeyChain[] | undefined

  constructor(findings: Findings, origin: Origin, pinned: readonly VerifierKey[]) {
    this.#findings = findings
    this.#origin = origin
    this.#pinned = pinned
  }

  get isPinned(): boolean {
    return this.#pinned.length > 0
  }

  /** Before any event. The log's own events have to agree with it. */
  claim(claim: KeyClaim): void {
    this.#claim = claim
  }

  /** An event of the aggregate `evt.audit.signing_key`, in order of sequence, and the commit's generation. */
  addEvent({ type, schema, data }: EventFacts, sequence: bigint, generation: number): void {
    try {
      const fields = readBytesFields(data)
      if (schema !== 1) throw new WireError(`schema ${schema} of ${type} is not known here`)
      if (type === 'SigningKeyIntroduced') this.#introduce(fields.get(1), sequence)
      else if (type === 'SigningKeyRotated') this.#rotate(fields, sequence, generation)
      else throw new WireError('an event of a kind not known here')
    } catch (error) {
      if (!(error instanceof WireError || error instanceof FormatError || isTrustError(error)))
        throw error
      this.#findings.add(
        'rotation_broken',
        `it changes the signing key without right: ${error.message}`,
        sequence,
      )
    }
  }

  #introduce(publicKey: Uint8Array | undefined, sequence: bigint): void {
    if (publicKey?.length !== 32) throw new WireError('it names no key')
    if (this.#logged.length > 0)
      throw new WireError('it brings a key that the key before it does not vouch for')
    if (this.#claim && !equalBytes(this.#claim.firstKey.publicKey, publicKey))
      throw new WireError('it brings another first key than the file names')
    this.#logged.push({ publicKey, sequence })
  }

  #rotate(fields: ReadonlyMap<number, Uint8Array>, sequence: bigint, generation: number): void {
    const [statement, signature, publicKey] = [fields.get(1), fields.get(2), fields.get(3)]
    if (!statement || !signature || !publicKey) throw new WireError('a part of it is missing')
    const rotation = { statement, signature }
    const { oldKey, newKey, lastSize, lineageId } = openRotation(rotation)
    const before = this.#logged.at(-1)
    if (before && !equalBytes(before.publicKey, oldKey.publicKey))
      throw new WireError('the key that vouches for the new one was not the key of the log')
    if (!equalBytes(newKey.publicKey, publicKey))
      throw new WireError('the key vouched for is another than the one it brings')
    if (lineageId !== this.#origin.lineageId) throw new WireError('it is of another instance')
    // One that is told again behind a restore counts in the generation it is of.
    const isOfThis = parseOrigin(oldKey.name).generation === generation
    if (isOfThis && lastSize >= sequence)
      throw new WireError(`the old key claims to have signed ${lastSize} commits before it`)
    if (this.#claim && !this.#claim.rotations.some((one) => equalBytes(one.statement, statement)))
      throw new WireError('the file leaves it out where it names the keys')
    this.#logged.push({ publicKey, sequence })
    this.#rotations.push(rotation)
  }

  /**
   * Opens a note with whichever pinned key leads to its signer. Throws FormatError and TrustError as `openCheckpoint`
   * of the Merkle package does.
   */
  open(note: string, witnesses: readonly VerifierKey[]): SignedCheckpoint {
    return this.#byAny((chain) => openTreeCheckpoint(note, chain, witnesses))
  }

  /** The same for the beginning of a generation. */
  openRestored(note: string): RestoredStatement {
    return this.#byAny((chain) => openRestored(note, chain))
  }

  /** The same for a tombstone. */
  openTombstone(note: string): Tombstone {
    return this.#byAny((chain) => openTombstone(note, chain))
  }

  #byAny<T>(open: (chain: KeyChain) => T): T {
    let failure: unknown = new TrustError('key_unknown', 'no key of the log is known')
    for (const chain of this.chains()) {
      try {
        return open(chain)
      } catch (error) {
        // What a key says against a note outweighs that another does not know it.
        if (!(error instanceof TrustError && error.code === 'key_unknown')) failure = error
        else if (!(failure instanceof TrustError)) failure = error
      }
    }
    throw failure
  }

  /** Verifier keys of all keys in the log's history that stand before the first one believed. */
  earlierKeys(): readonly VerifierKey[] {
    const isBelieved = (key: Uint8Array) =>
      this.chains().some(({ keys }) => keys.some((k) => equalBytes(k.publicKey, key)))
    const first = this.#logged.findIndex(({ publicKey }) => isBelieved(publicKey))
    const name = formatOrigin(this.#origin)
    return this.#logged.slice(0, Math.max(first, 0)).map((key) => verifierKey(name, key.publicKey))
  }

  /** One for each key the auditor brought; for none, that of the first key in the evidence. */
  chains(): readonly KeyChain[] {
    if (this.#chains) return this.#chains
    const first =
      this.#claim?.firstKey ??
      (this.#logged[0] && verifierKey(formatOrigin(this.#origin), this.#logged[0].publicKey))
    const starts = this.#pinned.length > 0 ? this.#pinned : first ? [first] : []
    this.#chains = starts.flatMap((start) => this.#follow(start))
    return this.#chains
  }

  #follow(start: VerifierKey): readonly KeyChain[] {
    try {
      return [followRotations(start, this.#claim?.rotations ?? this.#rotations)]
    } catch (error) {
      if (!(error instanceof FormatError || isTrustError(error))) throw error
      this.#findings.add(
        'rotation_broken',
        `keys do not follow from ${start.text}: ${error.message}`,
      )
      return [followRotations(start, [])]
    }
  }

  report(): readonly KeyReport[] {
    const reports = new Map<string, KeyReport>()
    for (const { keys } of this.chains())
      for (const [i, key] of keys.entries()) this.#add(reports, key, i)
    return [...reports.values()]
  }

  #add(
    reports: Map<string, KeyReport>,
    { introduced, publicKey }: AcceptedKey,
    position: number,
  ): void {
    const at = this.#logged.findIndex((key) => equalBytes(key.publicKey, publicKey))
    const isPinned = this.#pinned.some(({ text }) => text === introduced.text)
    if (reports.has(introduced.text)) return
    reports.set(introduced.text, {
      verifierKey: introduced.text,
      source: isPinned ? 'pinned' : position > 0 ? 'rotated' : 'evidence',
      since: this.#logged[at]?.sequence,
      until: at < 0 ? undefined : this.#logged[at + 1]?.sequence,
    })
  }
}

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

const isTrustError = (error: unknown): error is TrustError => error instanceof TrustError
