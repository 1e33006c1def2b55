import { type Ground, invalid, type Row } from './row.ts'

const nest = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`

/** Bodies that are no objects, or not what they seem. */
export function bodyRows(ground: Ground): Row[] {
  const path = `/interfaces/${ground.interface}/peers`
  const post = (what: string, raw: string, expected: string, type = 'application/json'): Row => ({
    what,
    method: 'POST',
    path,
    raw,
    headers: { 'content-type': type },
    expected,
  })
  const notJson = invalid('body:malformed')
  return [
    post('half a JSON text', '{"name":', notJson),
    post('a trailing comma', '{"name":"x",}', notJson),
    post('no JSON at all', 'name=x', notJson),
    post('a byte order mark alone', '\ufeff', notJson),
    post('100,000 nested lists', nest(100_000), invalid('body:type')),
    post('a list', '[]', invalid('body:type')),
    post('a number', '7', invalid('body:type')),
    post('null', 'null', invalid('name:required')),
    post('nothing', '', invalid('name:required')),
    post('a prototype', '{"name":"x","__proto__":{"isAdmin":true}}', notJson),
    post('a constructor', '{"name":"x","constructor":{"prototype":{"a":1}}}', notJson),
    post('a key twice, the last one bad', '{"name":"x","name":""}', invalid('name:too_short')),
    post('a deep value in a field', `{"name":${nest(5000)}}`, invalid('name:type')),
    post(
      'many unknown fields',
      JSON.stringify({ name: 'x', a: 1, b: 2 }),
      invalid('a:unknown_field', 'b:unknown_field'),
    ),
    post('XML', '<a/>', '415 gateway.unsupported_media_type', 'application/xml'),
    post(
      'a form',
      'name=x',
      '415 gateway.unsupported_media_type',
      'application/x-www-form-urlencoded',
    ),
    post('text where JSON belongs', 'x', '415 gateway.unsupported_media_type', 'text/plain'),
    post(
      '1 MiB and a byte',
      `{"name":"${'x'.repeat(1024 * 1024 + 1 - 11)}"}`,
      '413 gateway.body_too_large',
    ),
    {
      what: 'a file of 8 MiB and a byte',
      method: 'POST',
      path: '/interfaces/import?name=big',
      raw: '#'.repeat(8 * 1024 * 1024 + 1),
      headers: { 'content-type': 'text/plain' },
      expected: '413 gateway.body_too_large',
    },
    {
      what: 'a file as JSON',
      method: 'POST',
      path: '/interfaces/import?name=big',
      body: { config: 'x' },
      expected: '415 gateway.unsupported_media_type',
    },
    {
      what: 'a file that is none',
      method: 'POST',
      path: `/interfaces/import?name=odd&node=${ground.node}`,
      raw: 'hello\u0000',
      headers: { 'content-type': 'text/plain' },
      expected: invalid('config:control_character', 'config:address_missing'),
    },
  ]
}
