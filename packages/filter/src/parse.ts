import { parseCidr } from '@holdfast/net'
import {
  type Comparison,
  comparisons,
  type Literal,
  type Node,
  type Operand,
  type Path,
  type Scalar,
  type TextTest,
  textTests,
} from './ast.ts'
import { FilterError } from './filter-error.ts'
import { type Token, tokens } from './tokens.ts'

/** Characters an expression may have; with it the number of nodes is bounded too. */
export const maxSource = 1_000
const maxDepth = 32
const maxPath = 16

const words: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ['true', true],
  ['false', false],
  ['null', null],
])
const reserved: ReadonlySet<string> = new Set([...words.keys(), 'in', 'has'])

/** Reads an expression; throws FilterError. */
export function parse(source: string): Node {
  if (source.length > maxSource)
    throw new FilterError(maxSource, `must have ${maxSource} characters at most`)
  return new Parser(tokens(source)).whole()
}

/** Recursive descent: or, and, not, then what can be true or false by itself. */
class Parser {
  readonly #tokens: readonly Token[]
  #next = 0
  #depth = 0

  constructor(all: readonly Token[]) {
    this.#tokens = all
  }

  whole(): Node {
    if (this.#peek().kind === 'end') throw new FilterError(0, 'says nothing')
    const node = this.#or()
    const rest = this.#peek()
    if (rest.kind !== 'end') throw new FilterError(rest.at, `did not expect ${shown(rest)}`)
    return node
  }

  #or(): Node {
    return this.#chain('or', '||', () => this.#chain('and', '&&', () => this.#not()))
  }

  #chain(kind: 'and' | 'or', symbol: string, part: () => Node): Node {
    const first = part()
    const parts = [first]
    while (this.#takes(symbol)) parts.push(part())
    return parts.length === 1 ? first : { kind, parts }
  }

  #not(): Node {
    if (!this.#takes('!')) return this.#atom()
    return this.#deeper(() => ({ kind: 'not', part: this.#not() }))
  }

  #atom(): Node {
    if (this.#takes('(')) {
      return this.#deeper(() => {
        const inner = this.#or()
        this.#want(')')
        return inner
      })
    }
    const start = this.#peek()
    if (start.kind === 'name' && start.text === 'has') return this.#has()
    const left = this.#operand()
    const test = left.kind === 'path' ? this.#test(left.path) : undefined
    if (test) return test
    const token = this.#peek()
    const comparison = comparisons.find((one) => token.kind === 'symbol' && token.text === one)
    if (comparison) {
      this.#next++
      return this.#compare(left, comparison, token.at)
    }
    if (token.kind === 'name' && token.text === 'in') {
      this.#next++
      const place = this.#peek().at
      const haystack = this.#operand()
      if (haystack.kind === 'scalar')
        throw new FilterError(place, 'wants a list or a field after in')
      if (left.kind === 'list') throw new FilterError(start.at, 'a list cannot be in something')
      return { kind: 'in', needle: left, haystack }
    }
    const mayBeTrue =
      left.kind === 'path' || (left.kind === 'scalar' && typeof left.value === 'boolean')
    if (!mayBeTrue)
      throw new FilterError(start.at, 'is neither true nor false; compare it with something')
    return { kind: 'value', operand: left }
  }

  #compare(left: Operand, comparison: Comparison, at: number): Node {
    const right = this.#operand()
    if (left.kind === 'list' || right.kind === 'list')
      throw new FilterError(at, 'lists cannot be compared; use in')
    return { kind: 'compare', left, comparison, right }
  }

  #has(): Node {
    this.#next++
    this.#want('(')
    const token = this.#peek()
    const operand = this.#operand()
    if (operand.kind !== 'path') throw new FilterError(token.at, 'has() wants a field')
    this.#want(')')
    return { kind: 'has', path: operand.path }
  }

  /** `.startsWith("…")` behind a path; the path has been read up to it. */
  #test(path: Path): Node | undefined {
    if (!this.#isCall()) return undefined
    this.#want('.')
    const name = this.#tokens[this.#next++] as Token // as: #isCall has looked at it
    const test = textTests.find((one) => one === name.text)
    if (!test)
      throw new FilterError(
        name.at,
        `${name.text}() is not known; there are ${textTests.join(', ')}`,
      )
    this.#want('(')
    const token = this.#peek()
    if (token.kind !== 'text')
      throw new FilterError(token.at, `${name.text}() wants a text in quotes`)
    this.#next++
    this.#want(')')
    return { kind: 'test', path, test, argument: argumentOf(test, token) }
  }

  #isCall(): boolean {
    const [dot, name, open] = this.#tokens.slice(this.#next, this.#next + 3)
    return (
      dot?.text === '.' && dot.kind === 'symbol' && name?.kind === 'name' && isSymbol(open, '(')
    )
  }

  #operand(): Operand {
    const token = this.#peek()
    if (token.kind === 'name' && !reserved.has(token.text)) return this.#path()
    if (this.#takes('[')) return this.#list()
    return { kind: 'scalar', value: this.#scalar() }
  }

  #list(): Literal {
    const values: Scalar[] = []
    if (!this.#takes(']')) {
      do values.push(this.#scalar())
      while (this.#takes(','))
      this.#want(']')
    }
    return { kind: 'list', values }
  }

  #scalar(): Scalar {
    const token = this.#peek()
    this.#next++
    if (token.kind === 'text') return token.text
    if (token.kind === 'number') return token.value
    const word = token.kind === 'name' ? words.get(token.text) : undefined
    if (word === undefined)
      throw new FilterError(token.at, `wants a field or a value, not ${shown(token)}`)
    return word
  }

  #path(): Operand {
    const path: (string | number)[] = [this.#name()]
    for (;;) {
      if (isSymbol(this.#peek(), '.') && !this.#isCall()) {
        this.#next++
        path.push(this.#name())
      } else if (this.#takes('[')) {
        const token = this.#peek()
        this.#next++
        if (token.kind === 'text') path.push(token.text)
        else if (token.kind === 'number' && Number.isInteger(token.value) && token.value >= 0)
          path.push(token.value)
        else throw new FilterError(token.at, 'wants a name in quotes, or a place from 0, in [ ]')
        this.#want(']')
      } else break
      if (path.length > maxPath)
        throw new FilterError(this.#peek().at, `a field has ${maxPath} parts at most`)
    }
    return { kind: 'path', path }
  }

  #name(): string {
    const token = this.#peek()
    if (token.kind !== 'name') throw new FilterError(token.at, `wants a name, not ${shown(token)}`)
    this.#next++
    return token.text
  }

  #deeper(read: () => Node): Node {
    if (++this.#depth > maxDepth)
      throw new FilterError(this.#peek().at, `nests deeper than ${maxDepth}`)
    const node = read()
    this.#depth--
    return node
  }

  #peek(): Token {
    // as: the last token is the end, which nobody goes past
    return this.#tokens[Math.min(this.#next, this.#tokens.length - 1)] as Token
  }

  #takes(symbol: string): boolean {
    if (!isSymbol(this.#peek(), symbol)) return false
    this.#next++
    return true
  }

  #want(symbol: string): void {
    const token = this.#peek()
    if (!this.#takes(symbol))
      throw new FilterError(token.at, `wants ${symbol}, not ${shown(token)}`)
  }
}

const isSymbol = (token: Token | undefined, symbol: string): boolean =>
  token?.kind === 'symbol' && token.text === symbol

const shown = ({ kind, text }: Token): string =>
  kind === 'end' ? 'the end' : kind === 'text' ? 'a text' : text.slice(0, 40)

function argumentOf(test: TextTest, { text, at }: Token): string {
  if (test !== 'inCidr') return text
  const cidr = parseCidr(text)
  if (!cidr.ok) throw new FilterError(at, cidr.detail)
  return cidr.value
}
