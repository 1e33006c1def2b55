import { expect, test } from 'vitest'
import { csvCell, csvHeader, csvRows } from './audit-entry.ts'

test.each([
  ['laptop', 'laptop'],
  ['a,b', '"a,b"'],
  ['say "hi"', '"say ""hi"""'],
  ['two\r\nlines', '"two\r\nlines"'],
  ['=1+1', "'=1+1"],
  ['+49', "'+49"],
  ['-2', "'-2"],
  ['@SUM(A1,A2)', '"\'@SUM(A1,A2)"'],
  ['\tx', "'\tx"],
  ['\n=1+1', '"\'\n=1+1"'],
  ['＝1+1', "'＝1+1"],
  [undefined, ''],
  [0, '0'],
])('the cell %j is %j', (value, cell) => {
  expect(csvCell(value)).toBe(cell)
})

test('an entry has a row for each event, as wide as the header', () => {
  const target = { kind: 'peer', id: 'p', name: '=cmd()' }
  const fields = [{ field: 'name', before: '"a"', after: '"b"' }]
  const rows = csvRows({
    trail: 1,
    sequence: 7,
    atUnixMs: 1_790_000_000_000,
    action: 'network.peer.updated',
    result: 1,
    target,
    count: 2,
    changes: [
      { event: 'PeerUpdated', action: 'network.peer.updated', target, fields },
      { event: 'PeerRemoved', action: 'network.peer.deleted', target, fields: [] },
    ],
  })
  const [first = '', second = '', rest] = rows.split('\r\n')
  expect(rest).toBe('')
  expect(first).toMatch(/^log,7,2026-09-21T14:13:20.000Z,1,network.peer.updated,success,/)
  expect(first).toContain(`'=cmd()`)
  expect(first).toContain('"[{""field"":""name"",""before"":""a"",""after"":""b""}]"')
  expect(second).toMatch(/^log,7,[^,]*,2,network.peer.deleted,/)
  expect(second.split(',')).toHaveLength(csvHeader.trim().split(',').length)
})
