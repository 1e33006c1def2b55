import { DomainError } from './domain-error.ts'
import { type Kind, kinds } from './kinds.ts'
import { decodeRpcStatus, encodeRpcStatus } from './rpc-status.ts'

/** The gRPC face of an error. */
export interface GrpcStatus {
  /** gRPC status code, never 0. */
  readonly code: number
  /** Safe to show. */
  readonly message: string
  /** `google.rpc.Status`, encoded: the value of `grpc-status-details-bin`. */
  readonly details: Uint8Array
}

/** Several kinds share a gRPC code; this metadata key says which it was. */
const kindKey = 'holdfast-kind'
/** ErrorInfo domain of codes without a dot. */
const ownDomain = 'holdfast'

const hiddenMessage = 'Something went wrong on our side; the log has the details.'
const hidden = new DomainError('internal', 'internal', hiddenMessage)

const isKind = (text: string | undefined): text is Kind =>
  text !== undefined && Object.hasOwn(kinds, text)

/** `network.allowed_ip_taken` is domain `network`, reason `ALLOWED_IP_TAKEN`. Whatever is not a DomainError, or is internal, keeps its message to itself. */
export function toGrpcStatus(error: unknown): GrpcStatus {
  const known = error instanceof DomainError && error.kind !== 'internal' ? error : hidden
  const dot = known.code.indexOf('.')
  const code = kinds[known.kind].grpc
  const details = encodeRpcStatus({
    code,
    message: known.message,
    info: {
      domain: dot < 0 ? ownDomain : known.code.slice(0, dot),
      reason: known.code.slice(dot + 1).toUpperCase(),
      metadata: { ...known.details, [kindKey]: known.kind },
    },
    fields: known.fields,
  })
  return { code, message: known.message, details }
}

/**
 * Codes gRPC libraries answer with by themselves. Where the call may have been carried out, the error says
 * so: repeating it with the same command id is safe.
 */
const foreign: Readonly<Record<number, readonly [code: string, kind: Kind]>> = {
  1: ['rpc.cancelled', 'unavailable'],
  3: ['rpc.invalid', 'invalid'],
  4: ['rpc.timeout', 'unavailable'],
  5: ['rpc.not_found', 'not_found'],
  7: ['rpc.denied', 'forbidden'],
  8: ['rpc.exhausted', 'exhausted'],
  14: ['rpc.unavailable', 'unavailable'],
  16: ['rpc.unauthenticated', 'unauthenticated'],
}

/** The error a status stands for, as it was thrown: code, kind, message, details, fields. */
export function fromGrpcStatus(status: {
  readonly code: number
  readonly message: string
  readonly details?: Uint8Array | undefined
}): DomainError {
  const decoded = decode(status.details)
  if (decoded?.info) {
    const { domain, reason, metadata } = decoded.info
    const { [kindKey]: kindText, ...details } = metadata
    const kind = isKind(kindText) ? kindText : kindOfCode(decoded.code)
    const name = reason.toLowerCase()
    const code = domain === ownDomain ? name : `${domain}.${name}`
    return new DomainError(code, kind, decoded.message, { details, fields: decoded.fields })
  }
  const [code, kind] = foreign[status.code] ?? ['internal', 'internal']
  return new DomainError(code, kind, kind === 'internal' ? hiddenMessage : status.message, {
    ...(kind === 'internal' ? { cause: new Error(`gRPC ${status.code}: ${status.message}`) } : {}),
  })
}

function decode(details: Uint8Array | undefined): ReturnType<typeof decodeRpcStatus> | undefined {
  if (details === undefined || details.length === 0) return undefined
  try {
    return decodeRpcStatus(details)
  } catch {
    return undefined // the code alone has to do
  }
}

function kindOfCode(code: number): Kind {
  for (const kind of Object.keys(kinds)) if (isKind(kind) && kinds[kind].grpc === code) return kind
  return 'internal'
}
