import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  type Comparison,
  comparisons,
  type Node,
  type Operand,
  type Path,
  type Scalar,
  textTests,
} from './ast.ts'
import { parseFilter } from './filter.ts'
import { FilterError } from './filter-error.ts'
import { parse } from './parse.ts'
import { print } from './print.ts'

const event = {
  type: 'network.peer.created',
  data: {
    sequence: '42',
    actor: { kind: 'user', id: 'u1', method: null },
    fields: {
      settings: { name: 'alice "laptop"', addresses: ['10.10.0.2', '10.20.0.2'], is_enabled: true },
      keepalive_seconds: 25,
      allowed: ['10.10.0.0/24', 'fd00::/64'],
      endpoint: '203.0.113.5:51820',
      'odd key': 1,
    },
  },
}

test.each([
  ['type == "network.peer.created"', true],
  ["type == 'network.peer.created'", true],
  ['type != "network.peer.created"', false],
  ['type.startsWith("network.")', true],
  ['type.endsWith(".deleted")', false],
  ['data.actor.kind in ["user", "api_key"]', true],
  ['data.actor.kind in []', false],
  ['"10.20.0.2" in data.fields.settings.addresses', true],
  ['data.fields.settings.addresses[0] == "10.10.0.2"', true],
  ['data.fields.settings.addresses[9] == null', true],
  ['data.fields.settings.addresses.inCidr("10.20.0.0/16")', true],
  ['data.fields.settings.addresses.inCidr("10.30.0.0/16")', false],
  ['data.fields.allowed.inCidr("10.10.0.0/16")', true],
  ['data.fields.allowed.inCidr("10.10.0.0/25")', false],
  ['data.fields.allowed.inCidr("fd00::/8")', true],
  ['data.fields.endpoint.inCidr("203.0.113.0/24")', true],
  ['data.fields.settings.name.contains("\\"laptop\\"")', true],
  ['data.fields.settings.is_enabled', true],
  ['!data.fields.settings.is_enabled', false],
  ['data.fields.keepalive_seconds >= 25 && data.fields.keepalive_seconds < 26', true],
  ['data.fields.keepalive_seconds > "24"', false],
  ['data.sequence == 42', false],
  ['data.sequence == "42"', true],
  ['has(data.fields.settings)', true],
  ['has(data.actor.method)', false],
  ['has(data.nothing.at.all)', false],
  ['data.nothing.at.all == null', true],
  ['data.nothing < 1 || data.nothing >= 1', false],
  ['data.fields["odd key"] == 1', true],
  ['data.fields == data.fields', false],
  ['data.constructor == null && data.__proto__ == null && !has(data.toString)', true],
  ['true || false && false', true],
  ['(true || false) && false', false],
  ['!(type == "a" || type == "b")', true],
  ['-1 < 0 && 1.5 > 1', true],
  ['"\\u0061" == \'a\'', true],
])('%s is %s', (source, expected) => {
  expect(parseFilter(source).matches(event)).toBe(expected)
})

test.each([
  ['', 1, 'says nothing'],
  ['   ', 1, 'says nothing'],
  ['type = "x"', 6, 'write =='],
  ['type == ', 9, 'wants a field or a value, not the end'],
  ['type == "x', 9, 'no closing'],
  ['type == "x" extra', 13, 'did not expect extra'],
  ['type & true', 6, 'write &&'],
  ['(type == "x"', 13, 'wants ), not the end'],
  ['type.matches("a+")', 6, 'matches() is not known'],
  ['type.contains(data.x)', 15, 'wants a text in quotes'],
  ['type.inCidr("10.0.0.1/8")', 13, 'host bits'],
  ['"x"', 1, 'neither true nor false'],
  ['[true]', 1, 'neither true nor false'],
  ['type == ["x"]', 6, 'lists cannot be compared'],
  ['["a"] in ["a"]', 1, 'a list cannot be'],
  ['type in "x"', 9, 'wants a list'],
  ['has("x")', 5, 'wants a field'],
  ['data[-1] == 1', 6, 'place from 0'],
  ['data[1.5] == 1', 6, 'place from 0'],
  ['a == 1x', 6, 'not a number'],
  [`a == ${'9'.repeat(400)}`, 6, 'too large'],
  ['a == 1 || ', 11, 'the end'],
  ['a == "\\x"', 7, 'no meaning in a text'],
  ['a == 1; drop', 7, 'has no meaning here'],
  ['import("fs")', 7, 'did not expect ('],
  ['a.b.', 5, 'wants a name'],
  ['a ? b : c', 3, 'has no meaning here'],
  ['('.repeat(40), 34, 'nests deeper'],
  ['!'.repeat(100), 34, 'nests deeper'],
  [`a${'.b'.repeat(20)} == 1`, 34, '16 parts'],
  [`a == "${'x'.repeat(1_000)}"`, 1_001, '1000 characters'],
])('%s is refused at %i: %s', (source, place, detail) => {
  let error: unknown
  try {
    parse(source)
  } catch (thrown) {
    error = thrown
  }
  expect(error).toBeInstanceOf(FilterError)
  expect((error as FilterError).message).toContain(detail)
  expect((error as FilterError).at + 1).toBe(place)
})

// Properties: whatever can be written is read back the same, means what a plain reading of the grammar says, and no
// text and no event makes it throw anything but FilterError.

const name = fc.constantFrom('type', 'data', 'a', 'b', 'settings', 'x_1')
const path: fc.Arbitrary<Path> = fc
  .tuple(name, fc.array(fc.oneof(name, fc.nat(3), fc.string({ maxLength: 4 })), { maxLength: 3 }))
  .map(([first, rest]) => [first, ...rest])
const scalar: fc.Arbitrary<Scalar> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 6 }),
  fc.constantFrom('a', 'b', '10.0.0.1'),
  fc.integer({ min: -50, max: 50 }),
  fc.integer({ min: 1, max: 200 }).map((n) => n / 8),
  fc.boolean(),
  fc.constant(null),
)
const pathOperand = path.map((one) => ({ kind: 'path' as const, path: one }))
const scalarOperand = scalar.map((value) => ({ kind: 'scalar' as const, value }))
const listOperand = fc
  .array(scalar, { maxLength: 3 })
  .map((values) => ({ kind: 'list' as const, values }))
const plain = fc.oneof(pathOperand, scalarOperand)
const leaf: fc.Arbitrary<Node> = fc.oneof(
  fc
    .tuple(plain, fc.constantFrom(...comparisons), plain)
    .map(([left, comparison, right]) => ({ kind: 'compare' as const, left, comparison, right })),
  fc
    .tuple(plain, fc.oneof(pathOperand, listOperand))
    .map(([needle, haystack]) => ({ kind: 'in' as const, needle, haystack })),
  fc
    .tuple(path, fc.constantFrom(...textTests), fc.string({ unit: 'binary', maxLength: 4 }))
    .map(([of, one, text]) => ({
      kind: 'test' as const,
      path: of,
      test: one,
      argument: one === 'inCidr' ? '10.0.0.0/8' : text,
    })),
  path.map((one) => ({ kind: 'has' as const, path: one })),
  fc
    .oneof(
      pathOperand,
      fc.boolean().map((value) => ({ kind: 'scalar' as const, value })),
    )
    .map((operand) => ({ kind: 'value' as const, operand })),
)
const tree: fc.Arbitrary<Node> = fc.letrec<{ node: Node }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc
      .tuple(
        fc.constantFrom('and' as const, 'or' as const),
        fc.array(tie('node'), { minLength: 2, maxLength: 3 }),
      )
      .map(([kind, parts]) => ({ kind, parts })),
    tie('node').map((part) => ({ kind: 'not' as const, part })),
  ),
})).node
const json = fc.dictionary(
  name,
  fc.oneof(
    scalar,
    fc.array(fc.oneof(scalar, fc.ipV4()), { maxLength: 3 }),
    fc.dictionary(name, fc.oneof(scalar, fc.array(scalar, { maxLength: 2 })), { maxKeys: 4 }),
  ),
  { maxKeys: 5 },
)

test('what is printed is read back as the same tree', () => {
  fc.assert(
    fc.property(tree, (node) => {
      const text = print(node)
      fc.pre(text.length <= 1_000)
      expect(parse(text)).toEqual(node)
    }),
    { numRuns: 2_000 },
  )
})

test('it means what a plain reading says', () => {
  fc.assert(
    fc.property(tree, json, (node, value) => {
      const text = print(node)
      fc.pre(text.length <= 1_000)
      expect(parseFilter(text).matches(value)).toBe(naive(node, value))
    }),
    { numRuns: 5_000 },
  )
})

test('no text makes it throw anything but FilterError, no event anything at all', () => {
  const piece = fc.constantFrom(
    'a',
    '.',
    '[',
    ']',
    '(',
    ')',
    '!',
    '&&',
    '||',
    '==',
    'in',
    '"',
    "'",
    '1',
    ' ',
    '\\',
    'has',
    '-',
    'inCidr',
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(piece).map((all) => all.join('')),
  )
  fc.assert(
    fc.property(text, fc.anything(), (source, value) => {
      try {
        expect(typeof parseFilter(source).matches(value)).toBe('boolean')
      } catch (error) {
        if (!(error instanceof FilterError)) throw error
        expect(error.at).toBeLessThanOrEqual(source.length)
      }
    }),
    { numRuns: 5_000 },
  )
})

test('the worst expression over the worst event takes milliseconds', () => {
  const needle = `${'a'.repeat(30)}b`
  const worst = Array.from({ length: 18 }, () => `x.contains("${needle}")`).join(' || ')
  const filter = parseFilter(worst)
  const value = { x: Array.from({ length: 5_000 }, () => 'a'.repeat(20_000)) }
  const begin = performance.now()
  expect(filter.matches({ x: 'a'.repeat(1_000_000) })).toBe(false)
  expect(performance.now() - begin).toBeLessThan(1_000)
  expect(filter.matches({ x: value.x.slice(0, 10) })).toBe(false)
})

/** The meaning again, as one would write it down without a thought about cost. */
function naive(node: Node, value: unknown): boolean {
  switch (node.kind) {
    case 'and':
      return node.parts.map((part) => naive(part, value)).indexOf(false) === -1
    case 'or':
      return node.parts.map((part) => naive(part, value)).indexOf(true) !== -1
    case 'not':
      return naive(node.part, value) === false
    case 'has':
      return look(value, node.path) !== null
    case 'value':
      return operand(node.operand, value) === true
    case 'in': {
      const list = operand(node.haystack, value)
      const one = operand(node.needle, value)
      return Array.isArray(list) && list.filter((each) => equal(each, one)).length > 0
    }
    case 'test': {
      const found = look(value, node.path)
      const all = Array.isArray(found) ? found : [found]
      return all.some((each) => {
        if (typeof each !== 'string') return false
        if (node.test === 'startsWith') return each.indexOf(node.argument) === 0
        if (node.test === 'contains')
          return each.split(node.argument).length > 1 || node.argument === ''
        if (node.test === 'endsWith')
          return (
            each.length >= node.argument.length &&
            each.slice(each.length - node.argument.length) === node.argument
          )
        return /^10\.\d+\.\d+\.\d+$/.test(each)
      })
    }
    case 'compare': {
      const left = operand(node.left, value)
      const right = operand(node.right, value)
      if (node.comparison === '==') return equal(left, right)
      if (node.comparison === '!=') return !equal(left, right)
      return typeof left === typeof right && ['number', 'string'].includes(typeof left)
        ? order(left as string, node.comparison, right as string)
        : false
    }
  }
}

const equal = (a: unknown, b: unknown): boolean =>
  (a === null || typeof a !== 'object') && (b === null || typeof b !== 'object') && a === b

const order = (a: string, comparison: Comparison, b: string): boolean =>
  ({ '<': a < b, '<=': !(a > b), '>': a > b, '>=': !(a < b), '==': false, '!=': false })[comparison]

function operand(of: Operand, value: unknown): unknown {
  return of.kind === 'path' ? look(value, of.path) : of.kind === 'scalar' ? of.value : of.values
}

function look(value: unknown, [first, ...rest]: Path): unknown {
  if (first === undefined) return value ?? null
  if (Array.isArray(value)) return typeof first === 'number' ? look(value[first], rest) : null
  if (typeof value !== 'object' || value === null || typeof first === 'number') return null
  return Object.keys(value).includes(first)
    ? look((value as Record<string, unknown>)[first], rest)
    : null
}
