import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { holdfast } from '@holdfast/proto'
import { AccessDenied } from '@holdfast/service'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Clients } from '../clients.ts'
import { bearer, type FakeGateway, fakeGateway } from '../testing/fake-gateway.ts'

const audit = holdfast.audit.v1
type Ask = Clients['entries']['exportEntries']

/** A page is a megabyte of the answer. */
const perPage = 100
const reason = 'x'.repeat(10_000)
const pageOf = (number: number, nextCursor: string) =>
  new audit.ExportEntriesResponse({
    entries: Array.from({ length: perPage }, (_, at) => ({
      trail: 1,
      sequence: number * perPage + at + 1,
      atUnixMs: 1_790_000_000_000,
      action: 'network.peer.created',
      result: 1,
      count: 1,
      reason,
    })),
    nextCursor,
  })

/** Pages without delay; more than anybody here reads. */
const endless: Ask = async ({ cursor }) => {
  const number = Number(cursor || 0)
  return pageOf(number, number < 60 ? String(number + 1) : '')
}

let directory: string
let socketPath: string
let gateway: FakeGateway
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-export-'))
  socketPath = join(directory, 'http')
})
afterEach(async () => {
  await gateway.app.close()
  await rm(directory, { recursive: true, force: true })
})

/** Over a socket of the file system: it buffers a few hundred kilobytes, TCP on loopback megabytes. */
async function serve(exportEntries: Ask): Promise<void> {
  gateway = await fakeGateway({ entries: { exportEntries } })
  await gateway.app.listen({ path: socketPath })
}

async function ask(path = '/api/v1/audit/export'): Promise<IncomingMessage> {
  const request = get({ socketPath, path, headers: bearer() })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

/** Enough for everything that is ready to happen. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 200; turns++) await turn()
}

const connections = () =>
  new Promise<number>((resolve, reject) =>
    gateway.app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  )

test.each(['jsonl', 'csv'])(
  'a %s export is read no faster than it is taken, however long it is',
  async (format) => {
    await serve(endless)
    const response = await ask(`/api/v1/audit/export?format=${format}`)
    expect(response.statusCode).toBe(200)
    // Nobody reads: a page on its way, one behind it, and one asked for.
    await settle()
    expect(gateway.calls.length).toBeLessThanOrEqual(4)
    let taken = 0
    for await (const chunk of response) {
      taken += (chunk as Buffer).length
      const pages = taken / (perPage * reason.length)
      expect(gateway.calls.length).toBeLessThanOrEqual(pages + 4)
      if (pages > 12) break
    }
    expect(gateway.calls.length).toBeGreaterThan(10)
  },
)

test('whoever goes away is not read for any more, and what was asked for last may still fail', async () => {
  let fail: (error: Error) => void = () => undefined
  await serve((request, options) =>
    Number(request.cursor || 0) < 2
      ? endless(request, options)
      : new Promise<never>((_resolve, reject) => {
          fail = reject
        }),
  )
  const response = await ask()
  await once(response, 'readable')
  const { length } = gateway.calls
  response.destroy()
  await vi.waitFor(async () => expect(await connections()).toBe(0))
  await settle()
  // The one that was being asked for, at most.
  expect(gateway.calls.length).toBeLessThanOrEqual(length + 1)
  fail(new Error('too late'))
  await settle()
})

test.each(['jsonl', 'csv'])(
  'a %s export that is refused half-way ends without its last chunk',
  async (format) => {
    await serve(async (request, options) => {
      // The token was revoked meanwhile.
      if (request.cursor === '3') throw AccessDenied({ permission: 'audit.log.read' })
      return await endless(request, options)
    })
    const response = await ask(`/api/v1/audit/export?format=${format}`)
    let tail = ''
    const read = async () => {
      for await (const chunk of response) tail = (tail + String(chunk)).slice(-200)
    }
    await expect(read()).rejects.toThrow('aborted')
    expect(response.complete).toBe(false)
    expect(tail).not.toContain('"end":true')
  },
)

test('the whole of it ends with its line', async () => {
  await serve(async ({ cursor }) => pageOf(Number(cursor || 0), cursor === '1' ? '' : '1'))
  const response = await ask()
  let text = ''
  for await (const chunk of response) text += String(chunk)
  const lines = text.trimEnd().split('\n')
  expect(lines).toHaveLength(2 * perPage + 1)
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ end: true, entries: String(2 * perPage) })
})

test('times at the beginning of 1970 are times, not the lack of one', async () => {
  await serve(async () => pageOf(0, ''))
  const url = '/api/v1/audit/export?from=1970-01-01T00:00:00Z&to=1970-01-01T00:00:00.001Z'
  await gateway.app.inject({ url, headers: bearer() })
  expect(gateway.calls).toMatchObject([{ request: { filter: { fromUnixMs: 1, toUnixMs: 1 } } }])
})

test.each(['export', 'bundle'])('HEAD of %s does not read the trail for nobody', async (what) => {
  await serve(endless)
  const answer = await gateway.app.inject({
    method: 'HEAD',
    url: `/api/v1/audit/${what}`,
    headers: bearer(),
  })
  await settle()
  expect(gateway.calls).toEqual([])
  expect(answer.statusCode).toBe(405)
})
