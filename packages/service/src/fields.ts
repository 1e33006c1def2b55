import { isUuid } from '@holdfast/domain'
import { type FieldError, invalid } from '@holdfast/errors'
import { accept, type Parser, refuse } from '@holdfast/net'

/**
 * Collects what is wrong with a request, so that the answer names all of it at once. Until `check` has returned, values
 * taken from bad fields are not what their type says; nobody sees them, for `check` throws.
 */
export class Fields {
  private readonly errors: FieldError[] = []
  private readonly max: number

  /** Of more than `max` complaints the first are told. */
  constructor(max = Number.POSITIVE_INFINITY) {
    this.max = max
  }

  get count(): number {
    return this.errors.length
  }

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

  /** Each value once, in order; at most `max` of them. */
  list<T>(parse: Parser<T>, texts: readonly string[], field: string, max: number): readonly T[] {
    if (texts.length > max) {
      this.add(field, 'too_many', `may have ${max} entries at most, not ${texts.length}`)
      return []
    }
    return [...new Set(texts.map((text, i) => this.take(parse, text, `${field}[${i}]`)))]
  }

  integer(value: number, field: string, min: number, max: number): number {
    if (!Number.isInteger(value) || value < min || value > max) {
      this.add(field, 'out_of_range', `must be from ${min} to ${max}`)
    }
    return value
  }

  /** Throws `invalid` with every field that cannot be taken. */
  check(): void {
    if (this.errors.length > 0) throw invalid(...this.errors.slice(0, this.max))
  }
}

export const parseId: Parser<string> = (text) =>
  isUuid(text) ? accept(text) : refuse('id_invalid', 'is not an id: a UUID in lower case')

const maxDescription = 1000

/** Free text of at most 1,000 characters; line breaks and tabs are its only control characters. */
export const parseDescription: Parser<string> = (text) => {
  if (text.length > maxDescription) {
    return refuse('too_long', `must have ${maxDescription} characters at most`)
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
  return /[\u0000-\u0008\u000b-\u001f\u007f]/.test(text)
    ? refuse('text_invalid', 'must not contain control characters')
    : accept(text)
}
