import { fields, invalid, type Row } from './row.ts'

/** Log and archive are repaired by decision only, never by guess. */
export function operatorRows(): Row[] {
  const repair = '/operator/log/repair'
  const right = { first_bad_sequence: '7', trusted: 'archive' }
  const firstBad = (code: string) => invalid(`first_bad_sequence:${code}`)
  return [
    ...fields('POST', repair, 'first_bad_sequence', right, [
      ['zero', '0', firstBad('pattern')],
      ['a sign', '+7', firstBad('pattern')],
      ['negative', '-7', firstBad('pattern')],
      ['a number', 7, firstBad('type')],
      ['null', null, firstBad('type')],
      ['a blank', ' 7', firstBad('pattern')],
      ['a line break', '7\n', firstBad('pattern')],
      ['hexadecimal', '0x7', firstBad('pattern')],
      ['digits beyond ASCII', '٧', firstBad('pattern')],
      ['more than a safe number', '99999999999999999', firstBad('pattern')],
    ]),
    ...fields('POST', repair, 'trusted', right, [
      ['both', 'both', invalid('trusted:one_of')],
      ['upper case', 'LOG', invalid('trusted:one_of')],
      ['empty', '', invalid('trusted:one_of')],
      ['a list', ['archive', 'log'], invalid('trusted:type')],
    ]),
    ...fields('POST', '/operator/root-key/shards', 'shares', { password: 'x' }, [
      ['one', 1, invalid('shares:range')],
      ['seventeen', 17, invalid('shares:range')],
      ['a fraction', 2.5, invalid('shares:type')],
      ['a text', '3', invalid('shares:type')],
    ]),
    ...fields('POST', '/operator/root-key/shards', 'threshold', { password: 'x', shares: 3 }, [
      ['one', 1, invalid('threshold:range')],
      ['more than there are shards', 4, invalid('threshold:range')],
    ]),
    ...fields('POST', '/operator/root-key/shards', 'password', {}, [
      ['empty', '', invalid('password:too_short')],
      ['a wrong one', 'not the password', '403 auth.wrong_password'],
    ]),
    ...fields('POST', '/operator/root-key/shards/prove', 'shards', {}, [
      ['none', [], invalid('shards:too_few')],
      ['a text', 'shard', invalid('shards:type')],
      ['nonsense', ['shard'], '400 crypto.shard_damaged'],
    ]),
    {
      what: 'a shard for an instance that is not sealed',
      method: 'POST',
      path: '/operator/seal/unseal',
      body: { shard: 'x' },
      isAnonymous: true,
      expected: '409 auth.not_sealed',
    },
    {
      what: 'a repair without a body',
      method: 'POST',
      path: repair,
      expected: invalid('first_bad_sequence:required', 'trusted:required'),
    },
    {
      what: 'a repair with a wish of its own',
      method: 'POST',
      path: repair,
      body: { ...right, force: true },
      expected: invalid('force:unknown_field'),
    },
    {
      what: 'a repair of a log that is whole',
      method: 'POST',
      path: repair,
      body: right,
      expected: '409 backup.nothing_to_repair',
    },
    {
      what: 'a repair by nobody',
      method: 'POST',
      path: repair,
      body: right,
      isAnonymous: true,
      expected: '401 access.not_signed_in',
    },
    {
      what: 'a comparison by nobody',
      method: 'POST',
      path: '/operator/log/verify',
      isAnonymous: true,
      expected: '401 access.not_signed_in',
    },
    {
      what: 'the state of the log, with a query',
      method: 'GET',
      path: '/operator/log?min_seq=1',
      expected: invalid('min_seq:unknown_field'),
    },
  ]
}
