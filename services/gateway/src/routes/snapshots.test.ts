import { DomainError } from '@holdfast/errors'
import { holdfast } from '@holdfast/proto'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { bearer, type FakeGateway, fakeGateway } from '../testing/fake-gateway.ts'

const { backup } = { backup: holdfast.backup.v1 }
const id = 'f0b5a1de-0000-7000-8000-0000000000ff'

let gateway: FakeGateway
/** Bytes after which the service has had enough. */
let most = Number.POSITIVE_INFINITY
let received = Buffer.alloc(0)
beforeAll(async () => {
  gateway = await fakeGateway({
    snapshots: {
      putImport: async ({ offset, data }) => {
        expect(offset).toBe(received.length)
        expect(data?.length ?? 0).toBeLessThanOrEqual(1024 * 1024)
        received = Buffer.concat([received, data ?? new Uint8Array()])
        if (received.length > most) {
          throw new DomainError('backup.import_too_large', 'too_large', 'The file is too large')
        }
        return new backup.PutImportResponse({ received: received.length })
      },
      inspectImport: async () =>
        new backup.InspectImportResponse({
          header: '{"format":"2.0"}',
          bytes: 3,
          sections: [{ name: 'auth.sites', records: 2, major: 1, status: 'ok' }],
        }),
      runImport: async () => new backup.RunImportResponse({ import: { id, status: 'running' } }),
      exportSnapshot: async () =>
        new backup.ExportSnapshotResponse({ exportId: id, fileName: 'h.hfsnap', bytes: 5 }),
      readExport: async ({ offset }) =>
        new backup.ReadExportResponse({
          data: Buffer.from('snaps').subarray(offset ?? 0, (offset ?? 0) + 2),
        }),
    },
  })
})
beforeEach(() => {
  gateway.calls.length = 0
  received = Buffer.alloc(0)
  most = Number.POSITIVE_INFINITY
})

const boundary = 'xYzZY'
interface Part {
  readonly name: string
  readonly value: string | Buffer
  readonly isFile?: boolean
}
const file = (value: string | Buffer, name = 'file'): Part => ({ name, value, isFile: true })
const form = (parts: readonly Part[], end = `--${boundary}--\r\n`): Buffer =>
  Buffer.concat([
    ...parts.flatMap(({ name, value, isFile }) => [
      Buffer.from(
        `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${isFile ? '; filename="../../etc/passwd"' : ''}\r\n\r\n`,
      ),
      Buffer.from(value),
      Buffer.from('\r\n'),
    ]),
    Buffer.from(end),
  ])

const send = async (
  payload: Buffer,
  query = '',
  type = `multipart/form-data; boundary=${boundary}`,
) => {
  const answer = await gateway.app.inject({
    method: 'POST',
    url: `/api/v1/backups/import${query}`,
    headers: { ...bearer(), 'content-type': type },
    payload,
  })
  return { status: answer.statusCode, location: answer.headers.location, body: answer.json() }
}
const called = () => gateway.calls.map(({ method }) => method)
const last = () => gateway.calls.at(-1)?.request as Record<string, unknown>

test('a file goes on in pieces of a mebibyte, and is run dry unless told otherwise', async () => {
  const bytes = Buffer.alloc(2.5 * 1024 * 1024, 'snap')
  const { status, location } = await send(form([file(bytes)]))
  expect([status, location]).toEqual([202, `/api/v1/backups/imports/${id}`])
  expect(called()).toEqual([...Array(3).fill('snapshots.putImport'), 'snapshots.runImport'])
  expect(received.equals(bytes)).toBe(true)
  expect(last()).toMatchObject({
    isDryRun: true,
    overwritesExisting: false,
    contents: { devices: true, users: false, automation: true },
    passphrase: '',
  })
})

test('the passphrase comes in the form, before the file or after it', async () => {
  const passphrase = { name: 'passphrase', value: 'correct horse' }
  for (const parts of [
    [passphrase, file('abc')],
    [file('abc'), passphrase],
  ]) {
    received = Buffer.alloc(0)
    const query = '?dry_run=false&overwrite_existing=true&restore_users=true'
    expect((await send(form(parts), query)).status).toBe(202)
    expect(last()).toMatchObject({
      isDryRun: false,
      overwritesExisting: true,
      contents: { users: true },
      passphrase: 'correct horse',
    })
  }
})

test.each([
  ['no file', form([]), 'file'],
  ['an empty file', form([file('')]), 'file'],
  ['two files', form([file('a'), file('b')]), 'body'],
  ['a file by another name', form([file('a', 'snapshot')]), 'snapshot'],
  ['an unknown field', form([{ name: 'is_admin', value: '1' }, file('a')]), 'is_admin'],
  ['__proto__', form([{ name: '__proto__', value: '1' }, file('a')]), 'body'],
  [
    'a field twice',
    form([file('a'), ...Array(2).fill({ name: 'passphrase', value: 'x' })]),
    'passphrase',
  ],
  [
    'a long field',
    form([{ name: 'passphrase', value: 'x'.repeat(5_000) }, file('a')]),
    'passphrase',
  ],
  ['a form that does not end', form([file('abc')], ''), 'body'],
])('%s', async (_, payload, field) => {
  const { status, body } = await send(payload)
  expect(status).toBe(400)
  expect(body).toMatchObject({ code: 'invalid', errors: [{ field }] })
  expect(called()).not.toContain('snapshots.runImport')
})

test('what is no form is told so', async () => {
  expect((await send(Buffer.from('{}'), '', 'application/json')).status).toBe(415)
  expect((await send(Buffer.from('x'), '', 'text/plain')).status).toBe(415)
  const { status, body } = await send(form([file('a')]), '', 'multipart/form-data')
  expect([status, body.code]).toEqual([400, 'invalid'])
})

test('what the service refuses in the middle of the file is answered, and nothing is run', async () => {
  most = 1.5 * 1024 * 1024
  const { status, body } = await send(form([file(Buffer.alloc(20 * 1024 * 1024))]))
  expect([status, body.code]).toEqual([413, 'backup.import_too_large'])
  expect(called()).toEqual(['snapshots.putImport', 'snapshots.putImport'])
})

test('a table of contents', async () => {
  const answer = await gateway.app.inject({
    method: 'POST',
    url: '/api/v1/backups/import/inspect',
    headers: { ...bearer(), 'content-type': `multipart/form-data; boundary=${boundary}` },
    payload: form([file('abc')]),
  })
  expect(answer.json()).toEqual({
    header: { format: '2.0' },
    bytes: '3',
    sha256: '',
    sections: [{ name: 'auth.sites', organization: '', records: 2, schema: '1.0', status: 'ok' }],
  })
})

test('an export is a file, with what is to be said beside it', async () => {
  const answer = await gateway.app.inject({
    method: 'POST',
    url: '/api/v1/backups/export',
    headers: bearer(),
    payload: { include_vlans: true },
  })
  expect(answer.body).toBe('snaps')
  expect(answer.headers).toMatchObject({
    'content-length': '5',
    'content-disposition': 'attachment; filename="h.hfsnap"',
  })
  expect(`${answer.headers['holdfast-warning']}`).toContain('include_vlans')
  expect(`${answer.headers['holdfast-warning']}`).toContain('this instance')
  expect(called()).toEqual(['snapshots.exportSnapshot', ...Array(3).fill('snapshots.readExport')])
})
