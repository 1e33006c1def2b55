import { fields, type Ground, invalid, type Row } from './row.ts'

/** Wishes nobody can fulfil, and backups that are not there. */
export function backupRows({ organization }: Pick<Ground, 'organization'>): Row[] {
  const path = '/backups'
  const right = { name: 'nightly', organization_id: organization }
  const nobody = '01a1fd12-429e-7de0-a997-e5ada8657210'
  const gone = '404 backup.not_found'
  const missing = (method: string, rest: string): Row => ({
    what: `${method} ${rest} of a backup that is not there`,
    method,
    path: `${path}/${nobody}${rest}`,
    expected: gone,
  })
  return [
    ...fields('POST', path, 'name', right, [
      ['empty', '', invalid('name:too_short')],
      ['blanks', '  ', invalid('name:required')],
      ['129 characters', 'x'.repeat(129), invalid('name:too_long')],
      ['a line break', 'a\nb', invalid('name:name_invalid')],
    ]),
    ...fields('POST', path, 'backup_type', right, [
      ['unknown', 'everything', invalid('backup_type:one_of')],
      ['a rollback slot', 'rollback_slot', invalid('backup_type:not_by_hand')],
      ['full, of an organization', 'full', invalid('organization_id:not_allowed')],
    ]),
    ...fields('POST', path, 'passphrase', right, [
      ['11 characters', 'x'.repeat(11), invalid('passphrase:too_short')],
      ['513 characters', 'x'.repeat(513), invalid('passphrase:too_long')],
    ]),
    ...fields('POST', path, 'is_encrypted', { ...right, passphrase: 'x'.repeat(12) }, [
      ['false beside a passphrase', false, invalid('passphrase:not_allowed')],
    ]),
    ...fields('POST', path, 'storage_location_id', right, [
      ['nowhere', 'nowhere', '404 backup.storage_not_found'],
      ['a path', '../../etc', '404 backup.storage_not_found'],
    ]),
    ...fields('POST', path, 'organization_id', right, [
      ['of nobody', nobody, '404 auth.organization_not_found'],
    ]),
    ...fields('POST', path, 'object_key', right, [
      ['chosen by the caller', 'x', invalid('object_key:unknown_field')],
    ]),
    ...fields('POST', `${path}/restore`, 'backup_id', {}, [
      ['of nobody', nobody, gone],
      ['a name', 'nightly', gone],
      ['empty', '', invalid('backup_id:too_short')],
    ]),
    ...fields('POST', `${path}/restore`, 'dry_run', { backup_id: nobody }, [
      ['a word', 'no', invalid('dry_run:type')],
    ]),
    ...fields('POST', `${path}/restore`, 'overwrite', { backup_id: nobody }, [
      ['a field nobody knows', true, invalid('overwrite:unknown_field')],
    ]),
    {
      what: 'a restore job that is not there',
      method: 'GET',
      path: `${path}/restore/${nobody}`,
      expected: '404 backup.restore_job_not_found',
    },
    {
      what: 'validations of an unknown result',
      method: 'GET',
      path: `${path}/validations?result=fine`,
      expected: invalid('result:one_of'),
    },
    missing('GET', ''),
    missing('GET', '/download'),
    missing('GET', '/manifest'),
    missing('POST', '/cancel'),
    missing('POST', '/verify'),
    missing('DELETE', ''),
    {
      what: 'a backup by name',
      method: 'GET',
      path: `${path}/nightly`,
      expected: gone,
    },
    {
      what: 'backups of an unknown status',
      method: 'GET',
      path: `${path}?status=done`,
      expected: invalid('status:one_of'),
    },
  ]
}
