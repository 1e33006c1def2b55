import { fields, invalid, type Row } from './row.ts'

const unknown = '01a1fd12-429e-7de0-a997-e5ada8657210'
const headers = { 'content-type': 'multipart/form-data; boundary=x' }
const part = (name: string, text: string): string =>
  `--x\r\ncontent-disposition: form-data; name="${name}"; filename="../a"\r\n\r\n${text}\r\n`
const form = (...parts: readonly string[]): string => `${parts.join('')}--x--\r\n`
const sent = (what: string, raw: string, expected: string, path = '/backups/import'): Row => ({
  ...{ what, method: 'POST', path, headers, raw, expected },
})

/** Exports sealed with nothing worth it, and files that are no snapshots. */
export function snapshotRows(): Row[] {
  const notOne = '400 backup.not_a_snapshot'
  return [
    ...fields('POST', '/backups/export', 'passphrase', {}, [
      ['11 characters', 'x'.repeat(11), invalid('passphrase:too_short')],
      ['513 characters', 'x'.repeat(513), invalid('passphrase:too_long')],
      ['a number', 7, invalid('passphrase:type')],
    ]),
    ...fields('POST', '/backups/export', 'is_encrypted', { passphrase: 'x'.repeat(12) }, [
      ['no, with a passphrase', false, invalid('is_encrypted:contradiction')],
    ]),
    ...fields('POST', '/backups/export', 'organization_id', {}, [
      ['of nobody', unknown, '404 backup.organization_not_found'],
    ]),
    ...fields('POST', '/backups/export', 'storage_location_id', {}, [
      ['for a file', unknown, invalid('storage_location_id:unknown_field')],
    ]),
    {
      what: 'a snapshot as JSON',
      method: 'POST',
      path: '/backups/import',
      body: { file: 'x' },
      expected: '415 gateway.unsupported_media_type',
    },
    sent('a form without a file', form(), invalid('file:required')),
    sent('an empty snapshot', form(part('file', '')), invalid('file:required')),
    sent('plain JSON as a snapshot', form(part('file', '{"organizations":[]}')), notOne),
    sent('a zip as a snapshot', form(part('file', 'PK\u0003\u0004')), notOne),
    sent('text as a snapshot', form(part('file', 'hello, world, this is no snapshot')), notOne),
    sent(
      'the beginning of a snapshot',
      form(part('file', '\0\0\u0002\0{"header_checksum":"')),
      '400 backup.snapshot_damaged',
    ),
    sent('a form with another file', form(part('backup', 'x')), invalid('backup:unknown_field')),
    sent('a form that does not end', part('file', 'x'), invalid('body:malformed')),
    sent(
      'an import into an organization of nobody',
      form(part('file', 'x')),
      '404 auth.organization_not_found',
      '/backups/import?organization_id=nobody-has-this-name',
    ),
    sent(
      'a target site without an organization',
      form(part('file', 'x')),
      invalid('organization_id:required'),
      '/backups/import?target_site_id=berlin',
    ),
    {
      what: 'an import that is not there',
      method: 'GET',
      path: `/backups/imports/${unknown}`,
      expected: '404 backup.import_not_found',
    },
    {
      what: 'running an import that is not there',
      method: 'POST',
      path: `/backups/imports/${unknown}/run`,
      body: {},
      expected: '404 backup.import_not_found',
    },
    {
      what: 'records of an import by an outcome there is not',
      method: 'GET',
      path: `/backups/imports/${unknown}/records?outcome=lost`,
      expected: invalid('outcome:one_of'),
    },
  ]
}
