import { FilterError } from './filter-error.ts'

export type Token =
  | {
      readonly kind: 'name' | 'text' | 'symbol' | 'end'
      readonly at: number
      readonly text: string
    }
  | { readonly kind: 'number'; readonly at: number; readonly text: string; readonly value: number }

const symbols = ['&&', '||', '==', '!=', '<=', '>=', '<', '>', '!', '(', ')', '[', ']', ',', '.']

const isSpace = (c: string): boolean => c === ' ' || c === '\t' || c === '\n' || c === '\r'
const isDigit = (c: string): boolean => c >= '0' && c <= '9'
const isNameStart = (c: string): boolean =>
  (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c === '_'

/** One pass from left to right; throws FilterError for what is no token. */
export function tokens(source: string): readonly Token[] {
  const found: Token[] = []
  let at = 0
  while (at < source.length) {
    const c = source.charAt(at)
    if (isSpace(c)) {
      at++
      continue
    }
    const token =
      c === '"' || c === "'"
        ? text(source, at)
        : isDigit(c) || (c === '-' && isDigit(source.charAt(at + 1)))
          ? number(source, at)
          : isNameStart(c)
            ? name(source, at)
            : symbol(source, at)
    found.push(token.token)
    at = token.end
  }
  found.push({ kind: 'end', at: source.length, text: 'the end' })
  return found
}

interface Read {
  readonly token: Token
  readonly end: number
}

function symbol(source: string, at: number): Read {
  const found = symbols.find((one) => source.startsWith(one, at))
  if (found === undefined) {
    const c = String.fromCodePoint(source.codePointAt(at) ?? 0)
    const hint = { '&': '; write &&', '|': '; write ||', '=': '; write ==' }[c] ?? ''
    throw new FilterError(at, `${JSON.stringify(c)} has no meaning here${hint}`)
  }
  return { token: { kind: 'symbol', at, text: found }, end: at + found.length }
}

function name(source: string, at: number): Read {
  let end = at + 1
  while (isNameStart(source.charAt(end)) || isDigit(source.charAt(end))) end++
  return { token: { kind: 'name', at, text: source.slice(at, end) }, end }
}

function number(source: string, at: number): Read {
  let end = at + 1
  while (isDigit(source.charAt(end))) end++
  if (source.charAt(end) === '.' && isDigit(source.charAt(end + 1))) {
    end++
    while (isDigit(source.charAt(end))) end++
  }
  if (isNameStart(source.charAt(end))) throw new FilterError(at, 'is not a number')
  const written = source.slice(at, end)
  const value = Number(written) + 0 // no negative zero
  // What would be printed with an exponent cannot be read again.
  if (!/^-?[0-9]+(\.[0-9]+)?$/.test(String(value)))
    throw new FilterError(at, 'is too large or too small a number')
  return { token: { kind: 'number', at, text: written, value }, end }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  n: '\n',
  r: '\r',
  t: '\t',
}

function text(source: string, at: number): Read {
  const quote = source.charAt(at)
  let value = ''
  let end = at + 1
  for (;;) {
    const c = source.charAt(end)
    if (c === '') throw new FilterError(at, `the text has no closing ${quote}`)
    end++
    if (c === quote) return { token: { kind: 'text', at, text: value }, end }
    if (c !== '\\') {
      value += c
      continue
    }
    const escaped = source.charAt(end)
    if (escaped === 'u') {
      const hex = source.slice(end + 1, end + 5)
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw new FilterError(end - 1, '\\u wants four hex digits')
      value += String.fromCharCode(Number.parseInt(hex, 16))
      end += 5
      continue
    }
    const known = escapes[escaped]
    if (known === undefined) throw new FilterError(end - 1, `\\${escaped} has no meaning in a text`)
    value += known
    end++
  }
}
