import { createHash } from 'node:crypto'

const label = Buffer.from('\0holdfast-leaf-v1', 'latin1')

/**
 * SHA-256 over position, subject and stored bytes of a commit, each with its length. It is also the
 * leaf of the Merkle log, hence the leading zero byte (RFC 6962).
 */
export function commitHash(commit: {
  readonly sequence: bigint
  readonly subject: string
  readonly bytes: Uint8Array
}): Uint8Array {
  const subject = Buffer.from(commit.subject, 'utf8')
  const head = Buffer.alloc(10)
  head.writeBigUInt64BE(commit.sequence, 0)
  head.writeUInt16BE(subject.length, 8)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(commit.bytes.length)
  return new Uint8Array(
    createHash('sha256')
      .update(label)
      .update(head)
      .update(subject)
      .update(length)
      .update(commit.bytes)
      .digest(),
  )
}
