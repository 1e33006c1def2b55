import { invalid } from '@holdfast/errors'

/**
 * What a parser answers. A parser never throws, so that a request's fields can all be judged before
 * the first complaint goes out.
 */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string; readonly detail: string }

export type Parser<T> = (text: string) => Parsed<T>

export const accept = <T>(value: T): Parsed<T> => ({ ok: true, value })

/** `code` is for programs and never changes; `detail` says what to write instead. */
export const refuse = (code: string, detail: string): Parsed<never> => ({ ok: false, code, detail })

/** The value, or `invalid` naming the field: for the places where one bad field ends it. */
export function take<T>(parse: Parser<T>, text: string, field: string): T {
  const parsed = parse(text)
  if (parsed.ok) return parsed.value
  throw invalid({ field, code: parsed.code, detail: parsed.detail })
}

/** Text as it may be quoted back: short, and without control characters. */
export function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
  const plain = text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd')
  return plain.length > 60 ? `'${plain.slice(0, 60)}…'` : `'${plain}'`
}
