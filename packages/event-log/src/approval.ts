/** Keeps approvals; one stream for the whole installation. */
export const guardStream = 'GUARD'
/** The last approval. */
export const approvalSubject = 'guard.approval'
/** A hint that there is a new one. Anybody may cause it, so it says nothing itself. */
export const approvalHint = 'safe.approved'

/** The guard's word that these servers hold the log it knows, up to a sequence. */
export interface Approval {
  readonly stream: string
  readonly lineageId: string
  readonly generation: number
  /** A server's id is new with every start. */
  readonly serverIds: readonly string[]
  /** Whether the stream takes atomic batches. */
  readonly allowsBatches: boolean
  /** The last sequence when it was checked. */
  readonly sequence: bigint
  readonly approvedAtUnixMs: number
}

export const encodeApproval = (approval: Approval): Uint8Array =>
  Buffer.from(JSON.stringify({ format: 1, ...approval, sequence: approval.sequence.toString() }))

const isText = (value: unknown): value is string => typeof value === 'string'

/** Undefined for anything that is not an approval: what cannot be read approves nothing. */
export function decodeApproval(data: Uint8Array): Approval | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString('utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const fields = value as Record<string, unknown> // every field is checked below
    const { format, stream, lineageId, generation, serverIds, sequence, approvedAtUnixMs } = fields
    if (
      format !== 1 ||
      !isText(stream) ||
      !isText(lineageId) ||
      typeof generation !== 'number' ||
      !Array.isArray(serverIds) ||
      !serverIds.every(isText) ||
      !isText(sequence) ||
      !/^\d{1,19}$/.test(sequence) ||
      typeof approvedAtUnixMs !== 'number'
    )
      return undefined
    return {
      stream,
      lineageId,
      generation,
      serverIds,
      allowsBatches: fields['allowsBatches'] === true,
      sequence: BigInt(sequence),
      approvedAtUnixMs,
    }
  } catch {
    return undefined
  }
}
