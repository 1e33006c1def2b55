import { createHash } from 'node:crypto'
import type { StoredRow } from './store.ts'

export const manifestFormat = 'holdfast-offsite/v1'

/** The first line of a manifest; docs/formats/offsite.md. */
export interface ManifestHead {
  readonly lineageId: string
  readonly generation: number
  readonly rootKeyFingerprint: string
  /** Of the root keys before it, the last one first. */
  readonly formerRootKeys: readonly string[]
  readonly createdAtUnixMs: number
  /** Everything up to it is named. */
  readonly lastSequence: bigint
  /** Leaf hash of that commit, hex; empty where it is not known. */
  readonly lastHash: string
  /** The derived one first. */
  readonly recipients: readonly string[]
  /** Of the last key destruction the keyset follows. */
  readonly destroyedSequence: bigint
  /** What could not be had: `keyset`, `config`, `tables`. */
  readonly missing: readonly string[]
  readonly release: string
}

const perPiece = 1_000

/**
 * Lines of JSON: head, one line an object, and last the note that states the SHA-256 of all bytes before it. In pieces;
 * the same every time as long as `rows` and `note` are.
 */
export async function* manifestPieces(
  head: ManifestHead,
  root: string,
  rows: readonly StoredRow[],
  sign: (sha256: Uint8Array) => Promise<string>,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256')
  const piece = (lines: readonly object[]): Uint8Array => {
    const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    hash.update(bytes)
    return bytes
  }
  yield piece([
    {
      format: manifestFormat,
      lineage: head.lineageId,
      generation: head.generation,
      root_key_fingerprint: head.rootKeyFingerprint,
      ...(head.formerRootKeys.length > 0 ? { former_root_keys: head.formerRootKeys } : {}),
      created_at: new Date(head.createdAtUnixMs).toISOString(),
      last_sequence: String(head.lastSequence),
      last_hash: head.lastHash,
      recipients: head.recipients,
      destroyed_sequence: String(head.destroyedSequence),
      missing: head.missing,
      release: head.release,
      objects: rows.length,
    },
  ])
  for (let at = 0; at < rows.length; at += perPiece)
    yield piece(
      rows.slice(at, at + perPiece).map((row) => ({
        key: row.key.slice(root.length + 1),
        sha256: row.sha256,
        bytes: row.bytes,
        ...(row.kind === 'segment' || row.kind === 'tail'
          ? { first: String(row.first), last: String(row.last), last_hash: row.lastHash }
          : {}),
      })),
    )
  const signature = await sign(hash.digest())
  yield Buffer.from(`${JSON.stringify({ signature })}\n`)
}
