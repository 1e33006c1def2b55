/** What kept a request from an answer. A closed set, for metrics. */
export const egressFailures = ['refused', 'name', 'connect', 'tls', 'timeout', 'broken'] as const
export type EgressFailure = (typeof egressFailures)[number]

/** No answer. The message is safe to show: it holds no more than host and address. */
export class EgressFailed extends Error {
  readonly failure: EgressFailure
  constructor(failure: EgressFailure, message: string) {
    super(message)
    this.failure = failure
  }
}

/** Nothing was sent: the address may not be connected to. */
export class EgressRefused extends EgressFailed {
  constructor(message: string) {
    super('refused', message)
  }
}

const unreachable: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
])

export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : ''

export const isUnreachable = (error: unknown): boolean => unreachable.has(codeOf(error))

/** Whatever went wrong with a connection, in words that hold nothing secret. */
export function failureOf(
  error: unknown,
  host: string,
  timeoutMs: number | undefined,
): EgressFailed {
  if (error instanceof EgressFailed) return error
  if (timeoutMs !== undefined)
    return new EgressFailed('timeout', `${host} did not answer within ${timeoutMs / 1000} s`)
  const code = codeOf(error)
  if (isUnreachable(error))
    return new EgressFailed('connect', `${host} cannot be reached (${code})`)
  if (/^(ERR_TLS|ERR_SSL|EPROTO|CERT_|UNABLE_|DEPTH_ZERO|SELF_SIGNED|ERR_CERT)/.test(code))
    return new EgressFailed('tls', `${host} has no certificate we accept (${code})`)
  return new EgressFailed('broken', `the connection to ${host} broke (${code || 'cancelled'})`)
}
