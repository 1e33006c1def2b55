/**
 * Statements as data. Everything interpolated is a parameter; text enters a statement only through
 * `sql.identifier` (quoted) or `sql.raw` (written in code, never built of input).
 */
export class Sql {
  readonly #strings: readonly string[]
  readonly #values: readonly unknown[]

  constructor(strings: readonly string[], values: readonly unknown[]) {
    this.#strings = strings
    this.#values = values
  }

  /** Text with `$1…$n`. */
  get text(): string {
    let text = this.#strings[0] ?? ''
    for (let i = 1; i < this.#strings.length; i++) text += `$${i}${this.#strings[i]}`
    return text
  }

  get values(): readonly unknown[] {
    return this.#values
  }

  /** Nested statements become part of this one, their parameters renumbered. */
  static compose(strings: readonly string[], parts: readonly unknown[]): Sql {
    const texts = [strings[0] ?? '']
    const values: unknown[] = []
    const last = () => texts.length - 1
    parts.forEach((part, i) => {
      const after = strings[i + 1] ?? ''
      if (part instanceof Sql) {
        texts[last()] += part.#strings[0] ?? ''
        part.#values.forEach((value, j) => {
          values.push(value)
          texts.push(part.#strings[j + 1] ?? '')
        })
        texts[last()] += after
      } else {
        values.push(part)
        texts.push(after)
      }
    })
    return new Sql(texts, values)
  }
}

const tag = (strings: TemplateStringsArray, ...parts: readonly unknown[]): Sql =>
  Sql.compose(strings, parts)

/** Text from code. Never pass anything that came from outside. */
const raw = (text: string): Sql => new Sql([text], [])

const quote = (name: string): string => {
  if (name.includes('\0')) throw new Error('an identifier holds no NUL')
  return `"${name.replaceAll('"', '""')}"`
}

/** A quoted name; several are joined by dots: `sql.identifier('network', 'peers')`. */
const identifier = (...names: readonly string[]): Sql => raw(names.map(quote).join('.'))

const join = (parts: readonly Sql[], separator: Sql = raw(', ')): Sql => {
  if (parts.length === 0) return raw('')
  const strings = ['', ...parts.slice(1).map(() => separator.text), '']
  return Sql.compose(strings, parts)
}

/** `sql`…`` makes a statement; see the members for what else may stand in one. */
export const sql = Object.assign(tag, { raw, identifier, join, empty: raw('') })
