import { fields, type Ground, invalid, type Row } from './row.ts'

const nobody = '01a1fd12-429e-7de0-a997-e5ada8657210'

/** Storage locations and schedules nobody can have. */
export function storageRows({ organization }: Pick<Ground, 'organization'>): Row[] {
  const locations = '/backups/storage-locations'
  const dav = (config: object) => ({
    ...{ name: 'x', organization_id: organization, kind: 'webdav', config },
  })
  const location = (what: string, body: object, expected: string): Row => ({
    ...{ what: `a storage location with ${what}`, method: 'POST', path: locations, body, expected },
  })
  const schedules = '/backups/schedules'
  const right = { name: 'nightly', organization_id: organization, cron_expression: '0 2 * * *' }
  const missing = (method: string, path: string, expected: string, body?: object): Row => ({
    ...{ what: `${method} ${path}: not there`, method, path, body, expected },
  })
  return [
    location('a kind there is not', { ...dav({}), kind: 'tape' }, invalid('kind:choice_invalid')),
    location('no address', dav({}), invalid('config.url:required')),
    location(
      'the address of cloud metadata',
      dav({ url: 'https://169.254.169.254/' }),
      invalid('config.url:address_refused'),
    ),
    location(
      'a secret in plain config',
      dav({ url: 'https://dav.example.org/', password: 'hunter2' }),
      invalid('config.password:secret_in_config'),
    ),
    location(
      'a password in its address',
      dav({ url: 'https://me:hunter2@dav.example.org/' }),
      invalid('config.url:secret_in_config'),
    ),
    location(
      'a folder of this machine, by an organization',
      { ...dav({}), kind: 'local' },
      invalid('kind:instance_only'),
    ),
    missing('GET', `${locations}/${nobody}`, '404 backup.storage_not_found'),
    missing('PATCH', `${locations}/${nobody}`, '404 backup.storage_not_found', { name: 'x' }),
    missing('DELETE', `${locations}/${nobody}`, '404 backup.storage_not_found'),
    missing('POST', `${locations}/${nobody}/test`, '404 backup.storage_not_found'),
    ...fields('POST', schedules, 'cron_expression', right, [
      ['four fields', '0 2 * *', invalid('cron_expression:cron_invalid')],
      ['six fields', '0 0 2 * * *', invalid('cron_expression:cron_invalid')],
      ['minute 60', '60 2 * * *', invalid('cron_expression:cron_invalid')],
      ['a day that never comes', '0 0 31 2 *', invalid('cron_expression:cron_never')],
    ]),
    ...fields('POST', schedules, 'time_zone', right, [
      ['unknown', 'Mars/Olympus', invalid('time_zone:time_zone_invalid')],
      ['an offset', '+02:00', invalid('time_zone:time_zone_invalid')],
    ]),
    ...fields('POST', schedules, 'retention_days', right, [
      ['0', 0, invalid('retention_days:range')],
      ['3,651', 3651, invalid('retention_days:range')],
    ]),
    ...fields('POST', schedules, 'max_backups', right, [
      ['0', 0, invalid('max_backups:range')],
      ['1,001', 1001, invalid('max_backups:range')],
    ]),
    ...fields('POST', schedules, 'passphrase', right, [
      ['11 characters', 'x'.repeat(11), invalid('passphrase:too_short')],
    ]),
    ...fields('POST', schedules, 'backup_type', right, [
      ['full, of an organization', 'full', invalid('organization_id:not_allowed')],
    ]),
    ...fields('POST', schedules, 'storage_location_id', right, [
      ['nowhere', 'nowhere', '404 backup.storage_not_found'],
    ]),
    missing('GET', `${schedules}/${nobody}`, '404 backup.schedule_not_found'),
    missing('PUT', `${schedules}/${nobody}`, '404 backup.schedule_not_found', {
      ...{ name: 'x', cron_expression: '0 2 * * *' },
    }),
    missing('POST', `${schedules}/${nobody}/toggle`, '404 backup.schedule_not_found', {
      is_enabled: true,
    }),
    missing('DELETE', `${schedules}/${nobody}`, '404 backup.schedule_not_found'),
  ]
}
