import type { SFTPWrapper } from 'ssh2'
import { expect, test } from 'vitest'
import { putBack, replace } from './replace.ts'
import type { Done, SftpSession } from './session.ts'

/** A server that renames over nothing; whoever asks gives up before the request of that number. */
function serverWith(files: Map<string, string>, stopBefore = Number.POSITIVE_INFINITY) {
  const no = Object.assign(new Error('no'), { code: 4 })
  const stopped = new AbortController()
  let requests = 0
  const sftp = {
    ext_openssh_rename() {
      throw new Error('Server does not support this extended request')
    },
    lstat: (name: string, done: Done<object>) =>
      files.has(name) ? done(null, {}) : done(Object.assign(new Error('no'), { code: 2 })),
    rename(from: string, to: string, done: Done<void>) {
      const content = files.get(from)
      if (content === undefined || files.has(to)) return done(no)
      files.delete(from)
      files.set(to, content)
      done(null)
    },
    unlink: (name: string, done: Done<void>) => done(files.delete(name) ? null : no),
  } as unknown as SFTPWrapper
  const session: SftpSession = {
    isOpen: true,
    async request<T>(start: (sftp: SFTPWrapper, done: Done<T>) => void) {
      if (++requests >= stopBefore) stopped.abort(new Error('no longer wanted'))
      stopped.signal.throwIfAborted()
      return await new Promise<T>((resolve, reject) =>
        start(sftp, (error, value) => (error ? reject(error) : resolve(value as T))),
      )
    },
    end: () => undefined,
  }
  return { session, signal: stopped.signal }
}

const place = { name: 'a', aside: 'aside' }
const before = () =>
  new Map([
    ['a', 'old'],
    ['new', 'new'],
  ])

test('a server that renames over nothing has the new one in the end, and nothing else', async () => {
  const files = before()
  const { session, signal } = serverWith(files)
  await replace(session, 'new', place, signal)
  expect([...files]).toEqual([['a', 'new']])
})

test.for([1, 2, 3, 4, 5])(
  'given up before request %i there is an object at the name',
  async (at) => {
    const files = before()
    const { session, signal } = serverWith(files, at)
    const isWhole = await replace(session, 'new', place, signal).then(
      () => true,
      () => false,
    )
    if (!isWhole) await putBack(serverWith(files).session, place, new AbortController().signal)
    expect(files.get('a')).toBe(isWhole ? 'new' : 'old')
  },
)
