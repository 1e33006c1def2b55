/** Keeps approvals; one stream for the whole installation. */
export const guardStream = 'GUARD'
/** The last approval. */
export const approvalSubject = 'guard.approval'
/** A hint that there is a new one. Anybody may cause it, so it says nothing itself. */
export const approvalHint = 'safe.approved'

/** What an acknowledgement is worth: the log has it, or the log and the archive have it. */
export const durabilities = ['log', 'log+archive'] as const
export type Durability = (typeof durabilities)[number]

/** Why the guard keeps a log closed. */
export interface Refusal {
  /** For programs, for example `log.frozen`. */
  readonly code: string
  /** For people: what is wrong and what to do. */
  readonly reason: string
  /** The first commit that is not what it has to be. */
  readonly firstBadSequence?: bigint
}

/**
 * The guard's word that these servers hold the log it knows, up to a sequence. With `refusal` it is
 * the word that no server does (`serverIds` is empty then); it still says which log this is, so that
 * services open on it, serve reads and tell why nothing can be changed.
 */
export interface Approval {
  readonly stream: string
  readonly lineageId: string
  readonly generation: number
  /** A server's id is new with every start. */
  readonly serverIds: readonly string[]
  /** Whether the stream takes atomic batches. */
  readonly allowsBatches: boolean
  readonly durability: Durability
  /** The last sequence when it was checked. */
  readonly sequence: bigint
  readonly approvedAtUnixMs: number
  readonly refusal?: Refusal
}

export const encodeApproval = ({ refusal, ...approval }: Approval): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      format: 1,
      ...approval,
      sequence: approval.sequence.toString(),
      ...(refusal === undefined
        ? {}
        : { refusal: { ...refusal, firstBadSequence: refusal.firstBadSequence?.toString() } }),
    }),
  )

const isText = (value: unknown): value is string => typeof value === 'string'
const isSequence = (value: unknown): value is string => isText(value) && /^\d{1,19}$/.test(value)

/** Undefined for anything that is not an approval: what cannot be read approves nothing. */
export function decodeApproval(data: Uint8Array): Approval | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(data).toString('utf8'))
    if (typeof value !== 'object' || value === null) return undefined
    const fields = value as Record<string, unknown> // every field is checked below
    const { format, stream, lineageId, generation, serverIds, sequence, approvedAtUnixMs } = fields
    const durability = durabilities.find((name) => name === fields['durability'])
    const refusal = fields['refusal'] === undefined ? undefined : refusalOf(fields['refusal'])
    if (
      format !== 1 ||
      !isText(stream) ||
      !isText(lineageId) ||
      typeof generation !== 'number' ||
      !Array.isArray(serverIds) ||
      !serverIds.every(isText) ||
      durability === undefined ||
      !isSequence(sequence) ||
      typeof approvedAtUnixMs !== 'number'
    )
      return undefined
    // Who is refused is not approved, whatever else it says.
    if (fields['refusal'] !== undefined && (refusal === undefined || serverIds.length > 0))
      return undefined
    return {
      stream,
      lineageId,
      generation,
      serverIds,
      allowsBatches: fields['allowsBatches'] === true,
      durability,
      sequence: BigInt(sequence),
      approvedAtUnixMs,
      ...(refusal === undefined ? {} : { refusal }),
    }
  } catch {
    return undefined
  }
}

function refusalOf(value: unknown): Refusal | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { code, reason, firstBadSequence } = value as Record<string, unknown> // checked here
  if (!isText(code) || !isText(reason)) return undefined
  if (firstBadSequence === undefined) return { code, reason }
  if (!isSequence(firstBadSequence)) return undefined
  return { code, reason, firstBadSequence: BigInt(firstBadSequence) }
}
