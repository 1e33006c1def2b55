import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { readPiece } from './read-task.ts'

test('whoever gives up while the location does not answer: the reading ends, and its connection', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // as: it listens to TCP
  const gaveUp = new AbortController()
  const access = {
    kind: 'webdav',
    config: { url: `http://127.0.0.1:${port}/` },
    credentials: {},
  }
  const surroundings = {
    egressAllow: ['127.0.0.0/8'],
    localBase: '/nowhere',
    localRoots: [],
    keysDir: undefined,
  }
  const wish = { access, surroundings, key: 'a/b', bytes: 10, sha256: '', location: 'slow' }
  const reading = readPiece(
    { ...wish, offset: 0, length: 10 },
    {
      signal: gaveUp.signal,
      progress: () => undefined,
      ask: () => Promise.reject(new Error('nothing is asked')),
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    },
  )
  const [socket] = (await once(server, 'connection')) as [Socket]
  gaveUp.abort(new Error('gave up'))
  await expect(reading).rejects.toThrow('gave up')
  if (!socket.destroyed) await once(socket.resume(), 'close')
  server.close()
}, 10_000)
