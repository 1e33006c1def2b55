import type { Kind } from './kinds.ts'

/** One field of a request that cannot be taken. */
export interface FieldError {
  /** As the REST contract spells it, for example `addresses[0]`. */
  readonly field: string
  /** For programs, for example `cidr_invalid`. */
  readonly code: string
  /** For people: what is wrong and what to do. */
  readonly detail: string
}

/** The one error that crosses boundaries. The message is safe to show; `cause` is only logged. */
export class DomainError extends Error {
  override readonly name = 'DomainError'
  /** For programs; never changes. For example `network.allowed_ip_taken`. */
  readonly code: string
  readonly kind: Kind
  /** Values of the message, as text. */
  readonly details: Readonly<Record<string, string>>
  readonly fields: readonly FieldError[]

  constructor(
    code: string,
    kind: Kind,
    message: string,
    more: {
      readonly details?: Readonly<Record<string, string>>
      readonly fields?: readonly FieldError[]
      readonly cause?: unknown
    } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.kind = kind
    this.details = more.details ?? {}
    this.fields = more.fields ?? []
  }
}

type Details = Readonly<Record<string, string | number | bigint | boolean>>

/** Makes the error; `is` recognizes it, across processes too. */
export interface ErrorDefinition<D extends Details> {
  (details: D, cause?: unknown): DomainError
  readonly code: string
  readonly kind: Kind
  is(error: unknown): error is DomainError
}

const catalogue = new Map<string, { readonly kind: Kind }>()

/** Every error defined so far in this process, by code. docs/problems.md is made of it. */
export const defined = (): ReadonlyMap<string, { readonly kind: Kind }> => catalogue

/** Defines an error once, beside the rule that raises it. */
export function defineError<D extends Details = Record<never, never>>(
  code: string,
  kind: Kind,
  message: (details: D) => string,
): ErrorDefinition<D> {
  catalogue.set(code, { kind })
  const make = (details: D, cause?: unknown): DomainError =>
    new DomainError(code, kind, message(details), {
      details: Object.fromEntries(Object.entries(details).map(([k, v]) => [k, String(v)])),
      ...(cause === undefined ? {} : { cause }),
    })
  return Object.assign(make, {
    code,
    kind,
    is: (error: unknown): error is DomainError =>
      error instanceof DomainError && error.code === code,
  })
}

/** A request with fields that cannot be taken: code `invalid`, one entry a field. */
export function invalid(...fields: readonly FieldError[]): DomainError {
  const first = fields[0]
  const message =
    fields.length === 1 && first
      ? `${first.field}: ${first.detail}`
      : `${fields.length} fields are invalid`
  return new DomainError('invalid', 'invalid', message, { fields })
}
