import { FTPError, type FTPResponse } from 'basic-ftp'
import { expect, test } from 'vitest'
import { putBack, replace } from './replace.ts'

/** A server that renames over nothing; its connection ends before the command of that number. */
function serverWith(files: Map<string, string>, cutBefore = Number.POSITIVE_INFINITY) {
  let commands = 0
  const no = new FTPError({ code: 550, message: '550 no' })
  const answer: FTPResponse = { code: 250, message: '250 done' }
  const begin = (): void => {
    if (++commands >= cutBefore) throw new Error('the connection is gone')
  }
  return {
    async rename(from: string, to: string) {
      begin()
      const content = files.get(from)
      if (content === undefined || files.has(to)) throw no
      files.delete(from)
      files.set(to, content)
      return answer
    },
    async send(command: string) {
      begin()
      const [verb, name = ''] = command.split(' ')
      if (!files.has(name)) throw no
      if (verb === 'DELE') files.delete(name)
      return answer
    },
  }
}

const place = { name: 'a', aside: 'aside' }
const before = () =>
  new Map([
    ['a', 'old'],
    ['new', 'new'],
  ])

test('a server that renames over nothing has the new one in the end, and nothing else', async () => {
  const files = before()
  await replace(serverWith(files), 'new', place)
  expect([...files]).toEqual([['a', 'new']])
})

test.for([1, 2, 3, 4])('cut off before command %i there is an object at the name', async (at) => {
  const files = before()
  const isWhole = await replace(serverWith(files, at), 'new', place).then(
    () => true,
    () => false,
  )
  if (!isWhole) await putBack(serverWith(files), place)
  expect(files.get('a')).toBe(isWhole ? 'new' : 'old')
})
