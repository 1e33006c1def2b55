import { isUuid } from '@holdfast/domain'
import { type FieldError, invalid } from '@holdfast/errors'
import { accept, type Parser, refuse } from '@holdfast/net'

/**
 * Collects what is wrong with a request, so that the answer names all of it at once. Until `check` has
 * returned, values taken from bad fields are not what their type says; nobody sees them, for `check` throws.
 */
export class Fields {
  private readonly errors: FieldError[] = []

  add(field: string, code: string, detail: string): void {
    this.errors.push({ field, code, detail })
  }

  take<T>(parse: Parser<T>, text: string, field: string): T {
    const parsed = parse(text)
    if (parsed.ok) return parsed.value
    this.add(field, parsed.code, parsed.detail)
    return text as T // as: see above, `check` will throw
  }

  /** Like `take`; the empty text stands for itself. */
  takeOptional<T>(parse: Parser<T>, text: string, field: string): T | '' {
    return text === '' ? '' : this.take(parse, text, field)
  }

  integer(value: number, field: string, min: number, max: number): number {
    if (!Number.isInteger(value) || value < min || value > max) {
      this.add(field, 'out_of_range', `must be from ${min} to ${max}`)
    }
    return value
  }

  /** Throws `invalid` with every field that cannot be taken. */
  check(): void {
    if (this.errors.length > 0) throw invalid(...this.errors)
  }
}

export const parseId: Parser<string> = (text) =>
  isUuid(text) ? accept(text) : refuse('id_invalid', 'is not an id: a UUID in lower case')
