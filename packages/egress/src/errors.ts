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
