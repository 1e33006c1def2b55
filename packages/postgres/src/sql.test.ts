import fc from 'fast-check'
import { expect, test } from 'vitest'
import { arrayLiteral, copyLine, encodeValue } from './encode.ts'
import { sql, unnest } from './index.ts'

test('what is interpolated is a parameter', () => {
  const name = "x'; drop table peers; --"
  const statement = sql`select * from peers where name = ${name} and id = ${1}`
  expect(statement.text).toBe('select * from peers where name = $1 and id = $2')
  expect(statement.values).toEqual([name, 1])
})

test('statements nest, and their parameters are numbered through', () => {
  const where = sql`a = ${1} and b = ${2}`
  const statement = sql`select ${0} from t where ${where} and c = ${3}`
  expect(statement.text).toBe('select $1 from t where a = $2 and b = $3 and c = $4')
  expect(statement.values).toEqual([0, 1, 2, 3])
})

test('identifiers are quoted', () => {
  expect(sql.identifier('network', 'a"b').text).toBe('"network"."a""b"')
  expect(() => sql.identifier('a\0b')).toThrow()
})

test('join puts a separator between parts and nothing around one', () => {
  expect(sql`(${sql.join([sql`${1}`, sql`b`, sql`${3}`])})`.text).toBe('($1, b, $2)')
  expect(sql.join([sql`${1}`]).values).toEqual([1])
  expect(sql.join([]).text).toBe('')
  expect(sql.join([sql`a`, sql`b`], sql` and `).text).toBe('a and b')
})

test('however statements are nested, text and values stay in step', () => {
  const leaf = fc.integer().map((n) => sql`v = ${n}`)
  const { tree } = fc.letrec<{ tree: ReturnType<typeof sql> }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('tree'), { maxLength: 4 }).map((parts) => sql`(${sql.join(parts, sql` or `)})`),
    ),
  }))
  fc.assert(
    fc.property(tree, (statement) => {
      const numbers = [...statement.text.matchAll(/\$(\d+)/g)].map((match) => Number(match[1]))
      expect(numbers).toEqual(statement.values.map((_, i) => i + 1))
    }),
  )
})

test('unnest sends one array a column; arrays and json travel as text', () => {
  const statement = unnest({ id: 'integer', tags: 'text[]' }, [
    { id: 1, tags: ['a', 'b c'] },
    { id: 2, tags: null },
  ])
  expect(statement.text).toBe(
    '(select "id", "tags"::text[] as "tags" from unnest($1::integer[], $2::text[]) as u("id", "tags"))',
  )
  expect(statement.values).toEqual(['{1,2}', '{"{a,\\"b c\\"}",NULL}'])
})

test('a value of the wrong kind is refused without being shown', () => {
  for (const [type, value] of [
    ['uuid', 'hunter2'],
    ['uuid', 7],
    ['bigint', 1.5],
    ['bigint', '1e3'],
    ['boolean', 'hunter2'],
    ['timestamptz', 'hunter2'],
    ['bytea', 'hunter2'],
    ['text', 'hunter2\0'],
    ['jsonb', { word: 'hunter2\0' }],
    ['text[]', 'hunter2'],
  ] as const) {
    expect(() => encodeValue(type, value)).toThrow(TypeError)
    expect(() => encodeValue(type, value)).not.toThrow(/hunter2/)
  }
})

test('microseconds keep, before 1970 too', () => {
  expect(encodeValue('timestamptz', 1_500_001n)).toBe('1970-01-01T00:00:01.500001Z')
  expect(encodeValue('timestamptz', -1n)).toBe('1969-12-31T23:59:59.999999Z')
})

test('equal uuids encode to equal text', () => {
  const id = '0190F5E0-0000-7000-8000-00000000000A'
  expect(encodeValue('uuid', id)).toBe(id.toLowerCase())
})

test('a copied line has no bare tab or line end inside a value', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.string()), { minLength: 1 }), (values) => {
      const line = copyLine(values)
      expect(line.endsWith('\n')).toBe(true)
      expect(line.slice(0, -1).split('\t')).toHaveLength(values.length)
      expect(line.slice(0, -1)).not.toMatch(/[\n\r]/)
    }),
  )
})

test('the word null is a text, not a null', () => {
  const rows = ['null', 'NULL', null, ''].map((value) => [value])
  expect(arrayLiteral(rows, 0, 'text')).toBe('{"null","NULL",NULL,""}')
})
