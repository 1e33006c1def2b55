import { type Field, fields, type Ground, invalid, key, type Row, zeroKey } from './row.ts'

/** Who asks. */
export function tokenRows(ground: Ground): Row[] {
  const get = (what: string, headers: Readonly<Record<string, string>>, expected: string): Row => ({
    what,
    method: 'GET',
    path: '/peers',
    headers,
    isAnonymous: true,
    expected,
  })
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const [head = '', payload = '', signature = ''] = ground.token.split('.')
  const unusable = '401 access.token_invalid'
  return [
    get('no token', {}, '401 access.not_signed_in'),
    get('another scheme', { authorization: 'Basic YTpi' }, '401 access.not_signed_in'),
    get('no token after Bearer', { authorization: 'Bearer' }, '401 access.not_signed_in'),
    get('two words as a token', bearer('a b'), '401 access.not_signed_in'),
    get('a token that is none', bearer('hello'), unusable),
    get('algorithm none', bearer(ground.badTokens.unsigned), unusable),
    get('no signature', bearer(`${head}.${payload}.`), unusable),
    get(
      'another signature',
      bearer(`${head}.${payload}.${'A'.repeat(signature.length)}`),
      unusable,
    ),
    get('another issuer', bearer(ground.badTokens.otherIssuer), unusable),
    get('an expired token of another issuer', bearer(ground.badTokens.expired), unusable),
    get('a token of 12 kB', bearer('x'.repeat(12_000)), unusable),
    get('an API key', { 'x-api-key': 'hf_abc' }, '401 gateway.api_keys_unsupported'),
    {
      what: 'a password in a query',
      method: 'POST',
      path: '/auth/login?password=x',
      body: {},
      isAnonymous: true,
      expected: invalid('password:required'),
    },
    {
      what: 'a user name and an e-mail address',
      method: 'POST',
      path: '/auth/login',
      body: { username: 'a', email: 'b@example.org', password: 'x' },
      isAnonymous: true,
      expected: invalid('username:conflict'),
    },
    {
      what: 'a user nobody knows',
      method: 'POST',
      path: '/auth/login',
      body: { username: 'nobody', password: 'x' },
      isAnonymous: true,
      expected: '401 auth.invalid_credentials',
    },
    {
      what: 'a refresh token that is none',
      method: 'POST',
      path: '/auth/refresh',
      body: { refresh_token: 'x\u0000' },
      isAnonymous: true,
      expected: '401 auth.refresh_invalid',
    },
    {
      what: 'an access token as a refresh token',
      method: 'POST',
      path: '/auth/refresh',
      body: { refresh_token: ground.token },
      isAnonymous: true,
      expected: '401 auth.refresh_invalid',
    },
    {
      what: 'a new password of 11 characters',
      method: 'POST',
      path: '/auth/password',
      body: { current_password: 'correct horse battery staple', new_password: 'x'.repeat(11) },
      expected: invalid('new_password:password_length'),
    },
  ]
}

/** Enrolment of hosts. */
export function enrolmentRows(ground: Ground): Row[] {
  const right = {
    token: ground.freshEnrolmentToken,
    enrolment_key: key,
    nats_public_key: 'UDCQHM5LNK5ZXYPTOFFBZOGC4NBDVGCKB3CJIKBAT4VQNJUJ2MF527DO',
  }
  const on = (name: string, rows: readonly Field[]) =>
    fields('POST', '/nodes/enroll', name, right, rows).map((row) => ({ ...row, isAnonymous: true }))
  const refused = '401 auth.enrolment_token_invalid'
  const tampered = `${ground.freshEnrolmentToken.slice(0, -4)}AAAA`
  return [
    ...on('token', [
      ['garbage', 'hfe_x', refused],
      ['used by another host', ground.usedEnrolmentToken, refused],
      ['another secret', tampered, refused],
      ['of the right form, never made', `hfe_${'A'.repeat(64)}`, refused],
      ['empty', '', invalid('token:too_short')],
      ['513 characters', 'x'.repeat(513), invalid('token:too_long')],
    ]),
    ...on('enrolment_key', [
      ['31 bytes', Buffer.alloc(31, 1).toString('base64'), invalid('enrolment_key:format')],
      ['all zeros', zeroKey, invalid('enrolment_key:key_invalid')],
    ]),
    ...on('nats_public_key', [
      ['an account', `A${'A'.repeat(55)}`, invalid('nats_public_key:key_invalid')],
      ['a bad checksum', `U${'A'.repeat(55)}`, invalid('nats_public_key:key_invalid')],
    ]),
    ...fields(
      'POST',
      '/nodes/enroll-tokens',
      'ttl_seconds',
      { organization_id: ground.organization },
      [
        ['59 seconds', 59, invalid('ttl_seconds:range')],
        ['eight days', 691_200, invalid('ttl_seconds:range')],
      ],
    ),
  ]
}
