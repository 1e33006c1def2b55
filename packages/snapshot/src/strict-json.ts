/** What JSON can say. Objects have no prototype's names in them: `__proto__` is refused. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export interface JsonObject {
  readonly [name: string]: Json
}

/** Why a text is not taken, and where. */
export class JsonRefused extends Error {
  override readonly name = 'JsonRefused'
  readonly at: number

  constructor(problem: string, at: number) {
    super(`${problem}, at character ${at}`)
    this.at = at
  }
}

export interface JsonLimits {
  /** Arrays and objects within each other. */
  readonly maxDepth: number
  /** Values altogether: what makes memory out of little text. */
  readonly maxValues: number
}

const usual: JsonLimits = { maxDepth: 16, maxValues: 100_000 }

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
const space = /[ \t\n\r]*/y
/** Up to the closing quote; what is escaped stays so. Control characters end the match, and so the text is refused. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 8259 forbids them within a string
const string = /"((?:[^"\\\u0000-\u001f]|\\.)*)"/y
/** In a regular expression of code points: one without its other half. */
const surrogate = /\p{Surrogate}/u

/**
 * RFC 8259 and no more, for text from outside: no name twice in an object (two readers would take two different
 * values), no `__proto__`, no half of a surrogate pair, no number beyond what a double holds exactly or as infinity,
 * bounded in depth and count.
 */
export function parseStrictJson(text: string, limits: JsonLimits = usual): Json {
  let at = 0
  let values = 0

  function skip(): void {
    space.lastIndex = at
    space.exec(text)
    at = space.lastIndex
  }

  function fail(problem: string): never {
    throw new JsonRefused(problem, at)
  }

  function readString(): string {
    string.lastIndex = at
    const match = string.exec(text)
    if (!match) fail('a string that does not end, or holds control characters')
    const [whole, inner = ''] = match
    let value: string
    try {
      value = inner.includes('\\') ? String(JSON.parse(whole)) : inner
    } catch {
      return fail('an escape that is none')
    }
    if (surrogate.test(value)) fail('half of a surrogate pair')
    at = string.lastIndex
    return value
  }

  function readNumber(): number {
    number.lastIndex = at
    const match = number.exec(text)
    if (!match) fail('neither a value nor an end')
    const value = Number(match[0])
    if (!Number.isFinite(value)) fail('a number too large')
    if (Number.isInteger(value) && !Number.isSafeInteger(value)) fail('a number too large')
    at = number.lastIndex
    return value
  }

  function word<T>(spelled: string, value: T): T {
    if (!text.startsWith(spelled, at)) fail('neither a value nor an end')
    at += spelled.length
    return value
  }

  function readArray(depth: number): readonly Json[] {
    const items: Json[] = []
    at += 1
    skip()
    if (text[at] === ']') {
      at += 1
      return items
    }
    for (;;) {
      items.push(readValue(depth))
      skip()
      if (text[at] === ']') break
      if (text[at] !== ',') fail('a list without comma or end')
      at += 1
    }
    at += 1
    return items
  }

  function readObject(depth: number): JsonObject {
    const object: Record<string, Json> = {}
    at += 1
    skip()
    if (text[at] === '}') {
      at += 1
      return object
    }
    for (;;) {
      skip()
      const name = readString()
      if (name === '__proto__') fail('the name __proto__')
      if (Object.hasOwn(object, name)) fail('a name twice')
      skip()
      if (text[at] !== ':') fail('a name without a value')
      at += 1
      object[name] = readValue(depth)
      skip()
      if (text[at] === '}') break
      if (text[at] !== ',') fail('an object without comma or end')
      at += 1
    }
    at += 1
    return object
  }

  function readValue(depth: number): Json {
    values += 1
    if (values > limits.maxValues) fail('too many values')
    skip()
    const begins = text[at]
    if ((begins === '{' || begins === '[') && depth >= limits.maxDepth) fail('nested too deep')
    if (begins === '{') return readObject(depth + 1)
    if (begins === '[') return readArray(depth + 1)
    if (begins === '"') return readString()
    if (begins === 't') return word('true', true)
    if (begins === 'f') return word('false', false)
    if (begins === 'n') return word('null', null)
    return readNumber()
  }

  const value = readValue(0)
  skip()
  if (at < text.length) fail('something after the end')
  return value
}

export const isJsonObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
