import { FormatError } from './format-error.ts'
import { emptyRoot, hashBytes } from './hash.ts'
import { equalBytes } from './proof.ts'
import { decodeBase64, decodeDecimal, encodeBase64 } from './text.ts'

/** What a log says of itself at one size: https://c2sp.org/tlog-checkpoint */
export interface Checkpoint {
  /** `holdfast/<lineage id>/<generation>` for the log, with `/access/<epoch>` behind it for ACCESS. */
  readonly origin: string
  readonly size: bigint
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Further lines, none empty: the log's have none, those of ACCESS one (`logExtension`). */
  readonly extensions: readonly string[]
}

/** The text that is signed. Throws FormatError when the parts cannot make one. */
export function formatCheckpoint(checkpoint: {
  readonly origin: string
  readonly size: bigint
  readonly root: Uint8Array
  readonly extensions?: readonly string[]
}): string {
  const { origin, size, root, extensions = [] } = checkpoint
  const text = [origin, size.toString(), encodeBase64(root), ...extensions, ''].join('\n')
  const read = parseCheckpoint(text)
  if (read.origin !== origin || read.extensions.length !== extensions.length)
    throw new FormatError('checkpoint', 'a line holds a newline')
  return text
}

/** Of the text of a note. Throws FormatError. */
export function parseCheckpoint(text: string): Checkpoint {
  if (!text.endsWith('\n')) throw new FormatError('checkpoint', 'does not end with a newline')
  const [origin = '', sizeText = '', rootText = '', ...extensions] = text.slice(0, -1).split('\n')
  if (origin === '') throw new FormatError('checkpoint', 'the origin is empty')
  const size = decodeDecimal(sizeText)
  if (size === undefined) throw new FormatError('checkpoint', 'the size is not a decimal')
  const root = decodeBase64(rootText)
  if (root?.length !== hashBytes) throw new FormatError('checkpoint', 'the root is not a hash')
  if (extensions.includes('')) throw new FormatError('checkpoint', 'an extension line is empty')
  if (size === 0n && !equalBytes(root, emptyRoot))
    throw new FormatError('checkpoint', 'the root of an empty tree is another')
  return { origin, size, root, extensions }
}

/** Whose log it is. */
export interface Origin {
  /** UUID, lower case. */
  readonly lineageId: string
  /** From 1. */
  readonly generation: number
}

const originPattern = /^holdfast\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/([1-9]\d{0,8})$/

/** The origin line of a log, and the name of the key that signs it. Throws FormatError. */
export function formatOrigin({ lineageId, generation }: Origin): string {
  const origin = `holdfast/${lineageId}/${generation}`
  parseOrigin(origin)
  return origin
}

/** Throws FormatError. */
export function parseOrigin(origin: string): Origin {
  const [, lineageId, generation] = originPattern.exec(origin) ?? []
  if (lineageId === undefined || generation === undefined)
    throw new FormatError('checkpoint', 'the origin is not holdfast/<lineage>/<generation>')
  return { lineageId, generation: Number(generation) }
}

/** A run of records of the stream ACCESS without a gap: one tree. */
export interface AccessEpoch {
  /** When its tree was begun, ms since 1970: no two epochs of an instance have the same. */
  readonly begunAtUnixMs: number
  /** Sequence of the record that is leaf 0. */
  readonly first: bigint
}

/** Whose tree it is: the log's, or that of an epoch of ACCESS. */
export interface TreeOrigin extends Origin {
  readonly access?: AccessEpoch
}

const epochPattern = /^([1-9]\d{0,14})-([1-9]\d{0,18})$/

/** `<begun>-<first>`. Throws FormatError. */
export function formatEpoch({ begunAtUnixMs, first }: AccessEpoch): string {
  const text = `${begunAtUnixMs}-${first}`
  parseEpoch(text)
  return text
}

/** Throws FormatError. */
export function parseEpoch(text: string): AccessEpoch {
  const [, begun, firstText = ''] = epochPattern.exec(text) ?? []
  const first = decodeDecimal(firstText)
  if (begun === undefined || first === undefined)
    throw new FormatError('checkpoint', 'the epoch is not <begun>-<first>')
  return { begunAtUnixMs: Number(begun), first }
}

/** The origin line of either tree. Throws FormatError. */
export function formatTreeOrigin({ access, ...log }: TreeOrigin): string {
  const origin = formatOrigin(log)
  return access === undefined ? origin : `${origin}/access/${formatEpoch(access)}`
}

/** Of the log or of ACCESS. Throws FormatError. */
export function parseTreeOrigin(origin: string): TreeOrigin {
  const at = origin.indexOf('/access/')
  if (at < 0) return parseOrigin(origin)
  const access = parseEpoch(origin.slice(at + '/access/'.length))
  return { ...parseOrigin(origin.slice(0, at)), access }
}

/** Sequence of leaf 0. */
export const firstOf = ({ access }: TreeOrigin): bigint => access?.first ?? 1n

const logExtensionPattern = /^log (\d+)$/

/**
 * The extension line of ACCESS checkpoints: leaves of the log's last checkpoint when this one was signed. Statements
 * about keys count in leaves of the log, so it tells whether a key was in office.
 */
export const logExtension = (logSize: bigint): string => `log ${logSize}`

/** Throws FormatError when there is any other line, or none. */
export function readLogExtension(extensions: readonly string[]): bigint {
  const size = decodeDecimal(logExtensionPattern.exec(extensions[0] ?? '')?.[1] ?? '')
  if (size === undefined || extensions.length !== 1)
    throw new FormatError('checkpoint', 'has not the one line that says how far the log was')
  return size
}

const witnessPattern =
  /^holdfast\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/node\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** The key name of a node as a witness: `holdfast/<lineage id>/node/<node id>`. Throws FormatError. */
export function witnessName(lineageId: string, nodeId: string): string {
  const name = `holdfast/${lineageId}/node/${nodeId}`
  if (parseWitnessName(name) === undefined)
    throw new FormatError('verifier key', 'lineage or node is not a UUID')
  return name
}

/** Undefined for a name that is not one of a node. */
export function parseWitnessName(
  name: string,
): { readonly lineageId: string; readonly nodeId: string } | undefined {
  const [, lineageId, nodeId] = witnessPattern.exec(name) ?? []
  return lineageId === undefined || nodeId === undefined ? undefined : { lineageId, nodeId }
}
