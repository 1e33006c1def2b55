import { expect, test } from 'vitest'
import { linesOf, parseLine } from './listing.ts'

test('lines of a listing, and what is none', () => {
  expect(parseLine('-rw-------     12,345 2026/11/21 22:05:09 a/b.c')).toEqual({
    name: 'a/b.c',
    type: 'file',
    size: 12_345,
    modifiedAtUnixMs: Date.UTC(2026, 10, 21, 22, 5, 9),
  })
  expect(parseLine('lrwxrwxrwx          9 2026/11/21 22:05:09 a -> /etc/passwd')).toMatchObject({
    name: 'a',
    type: 'link',
  })
  expect(parseLine('drwx------      4,096 2026/11/21 22:05:09 a')?.type).toBe('folder')
  expect(parseLine('sent 20 bytes  received 116 bytes')).toBeUndefined()
})

test('lines come whole, whatever they come in', async () => {
  const pieces = async function* () {
    for (const text of ['on', 'e\ntwo\nth', 'ree']) yield Buffer.from(text)
  }
  const lines: string[] = []
  for await (const line of linesOf(pieces())) lines.push(line)
  expect(lines).toEqual(['one', 'two', 'three'])
})
