import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import type { ArchiveIdentity } from '@holdfast/archive'
import { type AgeIdentities, decryptWith } from '@holdfast/crypto'
import { DomainError } from '@holdfast/errors'
import { FormatError, formatOrigin, parseEpoch } from '@holdfast/merkle'
import { type BundleManifest, decodeManifest } from '../bundle-manifest.ts'
import { Broken, Chain, type ReadPart } from '../chain.ts'
import { BundleInvalid } from '../errors.ts'
import {
  type Member,
  manifestName,
  maxBytesOf,
  maxSegmentBytes,
  maxSumsBytes,
  names,
  sumsName,
} from '../member.ts'
import {
  blockBytes,
  decodeTarHeader,
  encodeTarHeader,
  endBytes,
  paddingBytes,
} from '../tar-header.ts'
import { ByteSource } from './byte-source.ts'
import { requireWhole } from './requirements.ts'
import { StatedRoots } from './roots.ts'
import { checkSealed, identityUnder, isForOthers, requireAge } from './sealed-part.ts'
import { type ExpectedMember, readSums } from './sums.ts'
import type { BundleVisitor } from './visitor.ts'

export interface VerifyOptions {
  /** Opens what is sealed as well. Without it the sealed parts are whole, and what they hold is not looked at. */
  readonly using?: AgeIdentities
  /** Bytes read so far. */
  readonly onProgress?: (bytes: number) => void
  readonly signal?: AbortSignal
  readonly visit?: BundleVisitor
}

export interface BundleReport {
  readonly manifest: BundleManifest
  /** Of the bundle, as a tar. */
  readonly bytes: number
  readonly members: number
  readonly segments: number
  /** The whole file was an age file. */
  readonly isWrapped: boolean
  /** Sealed parts whose content was looked at, and those that are for others. */
  readonly opened: readonly string[]
  readonly unopened: readonly string[]
}

/**
 * Reads a bundle from its first byte to its last, in one pass, writes nothing, and holds a segment at most. Every byte
 * counts: headers of the tar are made anew and compared, padding is zero, content has the sum it is listed with, and the
 * log has the root that the manifest and its signed checkpoints state. Throws BundleInvalid, naming member and cause.
 */
export async function verifyBundle(
  pieces: AsyncIterable<Uint8Array>,
  options: VerifyOptions = {},
): Promise<BundleReport> {
  const outer = new ByteSource(pieces)
  const start = await outer.exactly(blockBytes, '')
  const isWrapped = start.subarray(0, 19).toString('latin1') === 'age-encryption.org/'
  const { using } = options
  if (isWrapped && !using)
    throw BundleInvalid({
      member: '',
      reason: 'it is encrypted: an identity, the root key or the passphrase is needed',
    })
  const source =
    isWrapped && using
      ? new ByteSource(decryptWith(using, following(start, outer)))
      : new ByteSource(following(start, outer))
  try {
    return await new BundleCheck(source, options).run(isWrapped)
  } finally {
    await source.close()
    await outer.close()
  }
}

async function* following(start: Uint8Array, rest: ByteSource): AsyncGenerator<Uint8Array> {
  yield start
  for (let piece = await rest.some(65_536); piece; piece = await rest.some(65_536)) yield piece
}

class BundleCheck {
  readonly #source: ByteSource
  readonly #options: VerifyOptions
  #using: AgeIdentities | undefined
  #writtenAt: number | undefined
  readonly #opened: string[] = []
  readonly #unopened: string[] = []
  readonly #visit: BundleVisitor
  #segments = 0

  constructor(source: ByteSource, options: VerifyOptions) {
    this.#visit = options.visit ?? {}
    this.#source = source
    this.#options = options
    this.#using = options.using
  }

  async run(isWrapped: boolean): Promise<BundleReport> {
    const size = await this.#header(sumsName, maxSumsBytes)
    const expected = readSums(await this.#content(sumsName, size))
    const manifest = await this.#manifest(expected[0])
    requireWhole(manifest, expected)
    await this.#visit.manifest?.(manifest, isWrapped)

    const { lineageId, generation, rootKeyFingerprint, formerRootKeys, lastSequence } = manifest
    const identity: ArchiveIdentity = { lineageId, generation, rootKeyFingerprint, formerRootKeys }
    const roots = new StatedRoots()
    const log = new Chain(identity, 1n, (tree) => roots.at(tree))
    let epoch: Epoch | undefined
    for (const one of expected.slice(1)) {
      const { member } = one
      if (member.epoch !== undefined && member.epoch !== epoch?.name) {
        epoch?.end(manifest)
        epoch = openEpoch(member, member.epoch, identity)
      }
      await this.#member(one, { manifest, log, roots, epoch })
    }
    epoch?.end(manifest)
    roots.end()
    const short = (reason: string) => BundleInvalid({ member: manifestName, reason })
    if (log.size !== lastSequence)
      throw short(`it tells of ${lastSequence} commits, and there are ${log.size}`)
    if (Buffer.compare(log.root(), manifest.root) !== 0)
      throw short('it states another root than that of the commits')

    const end = await this.#source.exactly(endBytes, 'its end')
    if (end.some((byte) => byte !== 0))
      throw BundleInvalid({ member: 'its end', reason: 'something stands behind the last member' })
    if (await this.#source.some(1))
      throw BundleInvalid({ member: 'its end', reason: 'the file goes on behind it' })
    return {
      manifest,
      bytes: this.#source.position,
      members: expected.length + 1,
      segments: this.#segments,
      isWrapped,
      opened: this.#opened,
      unopened: this.#unopened,
    }
  }

  /** The size of the member that stands next, when that is the one by this name. */
  async #header(name: string, most: number): Promise<number> {
    this.#options.signal?.throwIfAborted()
    this.#options.onProgress?.(this.#source.position)
    const block = await this.#source.exactly(blockBytes, name)
    const found = decodeTarHeader(block)
    const bad = (reason: string) => BundleInvalid({ member: name, reason })
    if (!found) {
      if (block.every((byte) => byte === 0)) throw bad('the file ends where it ought to begin')
      throw bad('its header is not as it was written')
    }
    if (found.name !== name) throw bad(`${JSON.stringify(found.name)} stands in its place`)
    this.#writtenAt ??= found.modifiedAtUnixSeconds
    const ought = { name, size: found.size, modifiedAtUnixSeconds: this.#writtenAt }
    if (!encodeTarHeader(ought).equals(block)) throw bad('its header is of another backup')
    if (found.size > most) throw bad(`it says it is ${found.size} bytes long, more than it may be`)
    return found.size
  }

  /** Whole in memory: only for what is bounded. */
  async #content(name: string, size: number): Promise<Buffer> {
    const bytes = await this.#source.exactly(size, name)
    await this.#padding(name, size)
    return bytes
  }

  async #padding(name: string, size: number): Promise<void> {
    const zeros = await this.#source.exactly(paddingBytes(size), name)
    if (zeros.some((byte) => byte !== 0))
      throw BundleInvalid({ member: name, reason: 'something stands behind it' })
  }

  async #manifest(expected: ExpectedMember | undefined): Promise<BundleManifest> {
    if (!expected) throw BundleInvalid({ member: sumsName, reason: 'it is empty' })
    const bytes = await this.#checked(expected)
    const manifest = decodeManifest(bytes)
    if (manifest.createdAtUnixSeconds !== this.#writtenAt)
      throw BundleInvalid({
        member: manifestName,
        reason: 'it was made at another time than its tar',
      })
    return manifest
  }

  async #checked({ member, sha256 }: ExpectedMember): Promise<Buffer> {
    const size = await this.#header(member.name, maxBytesOf(member))
    const bytes = await this.#content(member.name, size)
    requireSum(member.name, createHash('sha256').update(bytes).digest('hex'), sha256)
    return bytes
  }

  async #member(expected: ExpectedMember, around: Around): Promise<void> {
    const { member } = expected
    const { manifest, log, roots, epoch } = around
    const { name, kind } = member
    if (member.isSkip) {
      const text = (await this.#checked(expected)).toString('latin1')
      const said = manifest.missing.find(({ part }) => names.skip(part) === name)
      if (text !== `${said?.reason}\n`)
        throw BundleInvalid({ member: name, reason: 'it gives another reason than the manifest' })
      return
    }
    switch (kind) {
      case 'manifest':
        throw BundleInvalid({ member: name, reason: 'it stands there twice' })
      case 'checkpoint': {
        const note = await this.#checked(expected)
        const size = roots.add(name, note, (origin) => origin === formatOrigin(manifest))
        return await this.#visit.note?.(size, note.toString('utf8'))
      }
      case 'access_checkpoint': {
        const note = await this.#checked(expected)
        if (!epoch) throw BundleInvalid({ member: name, reason: 'it is of no epoch' })
        const size = epoch.note(name, note)
        return await this.#visit.accessNote?.(epoch.name, size, note.toString('utf8'))
      }
      case 'segment': {
        this.#segments += 1
        const { part } = await grow(log, member, await this.#checked(expected))
        return await this.#visit.commits?.(part.commits ?? [], [...part.leaves])
      }
      case 'access': {
        if (!epoch) throw BundleInvalid({ member: name, reason: 'it is of no epoch' })
        const { bytes } = await grow(epoch.chain, member, await this.#checked(expected))
        return await this.#visit.accessPart?.(epoch.name, member.file ?? '', bytes)
      }
      case 'passphrase':
        return await this.#passphrase(expected)
      default:
        return await this.#sealed(expected, manifest)
    }
  }

  async #passphrase(expected: ExpectedMember): Promise<void> {
    const { name } = expected.member
    const bytes = await this.#checked(expected)
    requireAge(name, bytes)
    const using = this.#using
    if (!using || !('passphrase' in using)) return
    this.#using = await identityUnder(name, bytes, using.passphrase)
    this.#opened.push(name)
  }

  /** Read once: summed, and opened when we can, side by side. */
  async #sealed({ member, sha256 }: ExpectedMember, manifest: BundleManifest): Promise<void> {
    const { name } = member
    const size = await this.#header(name, maxBytesOf(member))
    const hash = createHash('sha256')
    const source = this.#source
    let left = size
    let start: Buffer = Buffer.alloc(0)
    const body = async function* (): AsyncGenerator<Uint8Array> {
      while (left > 0) {
        const piece = await source.some(Math.min(left, 65_536))
        if (!piece) throw BundleInvalid({ member: name, reason: 'the file ends inside it' })
        left -= piece.length
        hash.update(piece)
        if (start.length < 32) start = Buffer.concat([start, piece.subarray(0, 32)])
        yield piece
      }
    }
    let failure: Error | undefined
    const using = this.#using
    if (using && !('passphrase' in using)) {
      try {
        await checkSealed(member, body(), using, manifest, this.#visit)
        this.#opened.push(name)
      } catch (error) {
        if (isForOthers(error)) this.#unopened.push(name)
        else failure = error instanceof Error ? error : new Error(String(error))
      }
    } else this.#unopened.push(name)
    // An opener that fails leaves the rest; the sum says first what is wrong.
    for await (const _piece of body()) this.#options.signal?.throwIfAborted()
    requireSum(name, hash.digest('hex'), sha256)
    if (failure) throw failure
    requireAge(name, start)
    await this.#padding(name, size)
  }
}

interface Around {
  readonly manifest: BundleManifest
  readonly log: Chain
  readonly roots: StatedRoots
  readonly epoch: Epoch | undefined
}

/** One epoch of ACCESS. */
class Epoch {
  readonly name: string
  readonly chain: Chain
  readonly #roots = new StatedRoots()
  readonly #lineageId: string

  constructor(name: string, identity: ArchiveIdentity) {
    this.name = name
    this.#lineageId = identity.lineageId
    const { first } = parseEpoch(name)
    this.chain = new Chain({ ...identity, log: `access/${name}` }, first, (tree) =>
      this.#roots.at(tree),
    )
  }

  note(member: string, note: Buffer): bigint {
    return this.#roots.add(
      member,
      note,
      (origin) =>
        origin.startsWith(`holdfast/${this.#lineageId}/`) &&
        origin.endsWith(`/access/${this.name}`),
    )
  }

  end({ access }: BundleManifest): void {
    this.#roots.end()
    const said = access.find(({ epoch }) => epoch === this.name)
    const bad = (reason: string) => BundleInvalid({ member: manifestName, reason })
    if (said?.size !== this.chain.size)
      throw bad(
        `it tells of ${said?.size} records of access ${this.name}, and there are ${this.chain.size}`,
      )
    if (Buffer.compare(said.root, this.chain.root()) !== 0)
      throw bad(`it states another root than that of access ${this.name}`)
  }
}

function openEpoch({ name }: Member, epoch: string, identity: ArchiveIdentity): Epoch {
  try {
    return new Epoch(epoch, identity)
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw BundleInvalid({ member: name, reason: 'no epoch of ACCESS is called so' }, error)
  }
}

function requireSum(member: string, found: string, expected: string): void {
  if (found !== expected)
    throw BundleInvalid({ member, reason: `its SHA-256 is not the one ${sumsName} lists` })
}

async function grow(
  chain: Chain,
  { name, file = '' }: Member,
  packed: Buffer,
): Promise<{ readonly bytes: Buffer; readonly part: ReadPart }> {
  const bad = (reason: string, cause?: unknown) => BundleInvalid({ member: name, reason }, cause)
  let bytes: Buffer
  try {
    bytes = gunzipSync(packed, { maxOutputLength: maxSegmentBytes })
  } catch (cause) {
    const isBomb = cause instanceof RangeError
    throw bad(
      isBomb ? 'it opens to more than a segment may hold' : 'it cannot be opened by gzip',
      cause,
    )
  }
  try {
    return { bytes, part: await chain.add(file, bytes) }
  } catch (error) {
    if (BundleInvalid.is(error)) throw error
    if (error instanceof Broken) throw bad(error.message)
    if (error instanceof DomainError) throw bad(error.message, error)
    throw error
  }
}
