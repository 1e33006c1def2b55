import { createServer, type Server } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { choosePorts, PortTaken } from './ports.ts'

const host = '127.0.0.1'
const open: Server[] = []
afterEach(() => {
  for (const server of open.splice(0)) server.close()
})
/** A port somebody else holds. */
const taken = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, host, () => {
      open.push(server)
      const address = server.address()
      resolve(typeof address === 'object' ? (address?.port ?? 0) : 0)
    })
  })

test('the port of the last run is kept while it is free', async () => {
  const { http } = await choosePorts([{ name: 'http', host, preferred: 28_080 }])
  expect(await choosePorts([{ name: 'http', host, previous: http ?? 0 }])).toEqual({ http })
})

test('a taken port gives way, unless somebody was told to find us there', async () => {
  const previous = await taken()
  expect(await choosePorts([{ name: 'auth', host, previous }])).not.toEqual({ auth: previous })
  await expect(
    choosePorts([{ name: 'agents', host, previous, isAdvertised: true }]),
  ).rejects.toThrow(PortTaken)
  await expect(choosePorts([{ name: 'http', host, demanded: previous }])).rejects.toThrow(
    `port ${previous} on 127.0.0.1, set for http, is taken`,
  )
})

test('no two wishes get the same port', async () => {
  const wishes = Array.from({ length: 30 }, (_, index) => ({
    name: `p${index}`,
    host,
    preferred: 27_000,
  }))
  expect(new Set(Object.values(await choosePorts(wishes))).size).toBe(30)
})
