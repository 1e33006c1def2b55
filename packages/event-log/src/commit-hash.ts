import { leafHash } from '@holdfast/merkle'

/**
 * The commit's leaf in the Merkle log (docs/formats/merkle.md), over the stored bytes. `commitId` is
 * the header `Nats-Msg-Id`.
 */
export const commitHash = (commit: {
  readonly sequence: bigint
  readonly subject: string
  readonly commitId: string
  readonly bytes: Uint8Array
}): Uint8Array => {
  const { sequence, subject, commitId: messageId, bytes: payload } = commit
  return leafHash({ sequence, subject, messageId, payload })
}
