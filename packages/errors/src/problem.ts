import { DomainError, type FieldError } from './domain-error.ts'
import { kinds } from './kinds.ts'

/** RFC 9457, `application/problem+json`. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly errors?: readonly FieldError[]
}

const hidden = new DomainError(
  'internal',
  'internal',
  'Something went wrong on our side; the log has the details.',
)

/** The HTTP face of any error. Whatever is not a DomainError, or is internal, keeps its message to itself. */
export function toProblem(error: unknown): Problem {
  const known = error instanceof DomainError && error.kind !== 'internal' ? error : hidden
  const { http, title } = kinds[known.kind]
  return {
    type: `urn:holdfast:problem:${known.code}`,
    title,
    status: http,
    detail: known.message,
    code: known.code,
    ...(known.fields.length > 0 ? { errors: known.fields } : {}),
  }
}
