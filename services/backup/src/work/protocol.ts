import { DomainError, type FieldError, type Kind } from '@holdfast/errors'

/** What the service and its work thread say to each other. Everything can be cloned. */
export type ToThread =
  | {
      readonly say: 'run'
      readonly number: number
      readonly task: string
      readonly input: unknown
    }
  | { readonly say: 'abort'; readonly number: number }
  | {
      readonly say: 'answer'
      readonly number: number
      readonly question: number
      readonly value?: unknown
      readonly failure?: Failure
    }

export type FromThread =
  | { readonly say: 'done'; readonly number: number; readonly value: unknown }
  | { readonly say: 'failed'; readonly number: number; readonly failure: Failure }
  | { readonly say: 'progress'; readonly number: number; readonly value: unknown }
  | {
      readonly say: 'ask'
      readonly number: number
      readonly question: number
      readonly name: string
      readonly value: unknown
    }
  | {
      readonly say: 'log'
      readonly level: 'info' | 'warn' | 'error'
      readonly fields: Readonly<Record<string, unknown>>
      readonly message: string
    }

/** An error that crosses over. */
export interface Failure {
  readonly message: string
  readonly stack?: string
  /** Of a DomainError. */
  readonly domain?: {
    readonly code: string
    readonly kind: Kind
    readonly details: Readonly<Record<string, string>>
    readonly fields: readonly FieldError[]
  }
  readonly cause?: Failure
}

const deepest = 4

export function toFailure(error: unknown, depth = 1): Failure {
  if (!(error instanceof Error)) return { message: String(error) }
  const { message, stack, cause } = error
  return {
    message,
    ...(stack === undefined ? {} : { stack }),
    ...(error instanceof DomainError
      ? {
          domain: {
            code: error.code,
            kind: error.kind,
            details: { ...error.details },
            fields: error.fields.map((field) => ({ ...field })),
          },
        }
      : {}),
    ...(cause === undefined || depth >= deepest ? {} : { cause: toFailure(cause, depth + 1) }),
  }
}

export function fromFailure({ message, stack, domain, cause }: Failure): Error {
  const why = cause && fromFailure(cause)
  const error = domain
    ? new DomainError(domain.code, domain.kind, message, {
        details: domain.details,
        fields: domain.fields,
        ...(why && { cause: why }),
      })
    : new Error(message, why && { cause: why })
  if (stack !== undefined) error.stack = stack
  return error
}

/** Of one message: whatever is larger is asked for in pieces. */
export const maxMessageBytes = 16 * 1024 * 1024

/** Throws when a message would be too large to be handed over at once. About right, never less than a tenth. */
export function checkSize(value: unknown, what: string): void {
  let left = maxMessageBytes
  const take = (bytes: number): void => {
    left -= bytes
    if (left < 0) throw new RangeError(`${what} is larger than ${maxMessageBytes} bytes`)
  }
  const walk = (each: unknown): void => {
    if (typeof each === 'string') take(each.length + 8)
    else if (ArrayBuffer.isView(each)) take(each.byteLength + 8)
    else if (each instanceof ArrayBuffer) take(each.byteLength + 8)
    else if (each instanceof Map)
      for (const [key, of] of each) {
        walk(key)
        walk(of)
      }
    else if (each instanceof Set || Array.isArray(each)) for (const one of each) walk(one)
    else if (typeof each === 'object' && each !== null)
      for (const [key, of] of Object.entries(each)) {
        take(key.length)
        walk(of)
      }
    else take(8)
  }
  walk(value)
}
