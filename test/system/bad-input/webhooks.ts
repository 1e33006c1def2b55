import { fields, type Ground, invalid, type Row } from './row.ts'

/** Addresses that lead inside, filters that cannot be read, and secrets that are none. */
export function webhookRows({ organization }: Pick<Ground, 'organization'>): Row[] {
  const path = '/webhooks'
  const right = { name: 'hook', url: 'https://8.8.8.8/', organization_id: organization }
  const refused = invalid('url:address_refused')
  const filter = invalid('filter:filter_invalid')
  return [
    ...fields('POST', path, 'url', right, [
      ['loopback', 'https://127.0.0.1/', refused],
      ['decimal', 'https://2130706433/', refused],
      ['octal', 'https://0177.0.0.1/', refused],
      ['hexadecimal', 'https://0x7f.1/', refused],
      ['IPv4 in IPv6', 'https://[::ffff:10.0.0.1]/', refused],
      ['NAT64', 'https://[64:ff9b::a00:1]/', refused],
      ['metadata', 'https://169.254.169.254/', refused],
      ['a name of this machine', 'https://localhost/', refused],
      ['plain HTTP', 'http://8.8.8.8/', refused],
      ['a password', 'https://a:b@8.8.8.8/', refused],
      ['no URL', 'hooks.example.org', refused],
      ['another scheme', 'file:///etc/passwd', refused],
    ]),
    ...fields('POST', path, 'filter', right, [
      ['half of one', 'type ==', filter],
      ['a call', 'eval("1")', filter],
      ['an expression of another language', 'type =~ /a+/', filter],
      ['parentheses without end', '('.repeat(100), filter],
    ]),
    ...fields('POST', path, 'actions', right, [
      ['a wildcard', ['network.*'], invalid('actions[0]:action_invalid')],
      ['upper case', ['network.peer', 'Network'], invalid('actions[1]:action_invalid')],
    ]),
    ...fields('POST', path, 'secret', right, [
      ['too short', 'whsec_c2hvcnQ=', invalid('secret:secret_invalid')],
      ['without its beginning', 'A'.repeat(44), invalid('secret:secret_invalid')],
    ]),
    ...fields('POST', path, 'organization_id', right, [
      ['of nobody', '01a1fd12-429e-7de0-a997-e5ada8657210', '404 auth.organization_not_found'],
    ]),
    ...fields('POST', path, 'format', right, [['unknown', 'xml', invalid('format:one_of')]]),
    {
      what: 'a webhook that is not there',
      method: 'POST',
      path: '/webhooks/no-such-hook/test',
      expected: '404 notify.webhook_not_found',
    },
  ]
}
