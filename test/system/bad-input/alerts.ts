import { fields, type Ground, invalid, type Row } from './row.ts'

const builtin = '/alert-rules/a1e27000-0000-7000-8000-000000000001'
const unknown = '01a1fd12-429e-7de0-a997-e5ada8657210'

/** Rules that would watch nothing, recipients that are none, and alerts nobody was told of. */
export function alertRows({ organization }: Pick<Ground, 'organization'>): Row[] {
  const path = '/alert-rules'
  const right = {
    name: 'Peers go',
    severity: 'error',
    actions: ['network.peer.deleted'],
    organization_id: organization,
  }
  const filter = invalid('filter:filter_invalid')
  const address = invalid('mail_to[0]:address_invalid')
  return [
    ...fields('POST', path, 'name', right, [
      ['empty', '', invalid('name:too_short')],
      ['blank', '   ', invalid('name:required')],
      ['two lines', 'a\nb', invalid('name:control_character')],
      ['too long', 'x'.repeat(129), invalid('name:too_long')],
      ['absent', undefined, invalid('name:required')],
    ]),
    ...fields('POST', path, 'severity', right, [
      ['unknown', 'fatal', invalid('severity:one_of')],
      ['a number', 3, invalid('severity:type')],
      ['absent', undefined, invalid('severity:required')],
    ]),
    ...fields('POST', path, 'actions', right, [
      ['nothing to watch', [], invalid('actions:required')],
      ['unknown', ['network.peer', 'network.nothing'], invalid('actions[1]:action_unknown')],
      ['a wildcard', ['network.*'], invalid('actions[0]:action_unknown')],
      ['half a word', ['network.pe'], invalid('actions[0]:action_unknown')],
      ['alerts about alerts', ['notify.alert.raised'], invalid('actions[0]:action_is_alert')],
      ['too many', Array(51).fill('network.peer'), invalid('actions:too_many')],
    ]),
    ...fields('POST', path, 'alarms', right, [
      ['beside actions', ['log.frozen'], invalid('alarms:either_or')],
      ['upper case', ['Log.Frozen'], invalid('alarms[0]:alarm_invalid')],
    ]),
    ...fields('POST', path, 'filter', right, [
      ['half of one', 'type ==', filter],
      ['a call', 'eval("1")', filter],
      ['too long', 'x'.repeat(1001), invalid('filter:too_long')],
    ]),
    ...fields('POST', path, 'threshold', right, [
      ['negative', -1, invalid('threshold:range')],
      ['too many', 1001, invalid('threshold:range')],
      ['without a window', 10, invalid('window_ms:out_of_range')],
    ]),
    ...fields('POST', path, 'window_ms', { ...right, threshold: 2 }, [
      ['a millisecond', 1, invalid('window_ms:out_of_range')],
      ['a year', 31_536_000_000, invalid('window_ms:range')],
    ]),
    ...fields('POST', path, 'mail_to', right, [
      ['no address', ['ops'], address],
      ['a second header', ['ops@example.org\r\nBcc: all@example.org'], address],
      ['a name', ['Ops <ops@example.org>'], address],
      ['two in one', ['a@example.org,b@example.org'], address],
      ['too many', Array(21).fill('ops@example.org'), invalid('mail_to:too_many')],
    ]),
    ...fields('POST', path, 'organization_id', right, [
      ['of nobody', unknown, '404 auth.organization_not_found'],
    ]),
    ...fields('POST', path, 'channel', right, [
      ['unknown', 'sms', invalid('channel:unknown_field')],
    ]),
    ...fields('PATCH', builtin, 'threshold', {}, [
      ['no number', 'twenty', invalid('threshold:type')],
    ]),
    ...fields('PATCH', builtin, 'actions', {}, [['nothing', [], invalid('actions:required')]]),
    {
      what: 'nothing to change',
      method: 'PATCH',
      path: builtin,
      body: {},
      expected: invalid('body:required'),
    },
    {
      what: 'a rule of the product',
      method: 'DELETE',
      path: builtin,
      expected: '409 notify.alert_rule_builtin',
    },
    {
      what: 'a rule that is not there',
      method: 'PATCH',
      path: '/alert-rules/no-such-rule',
      body: { severity: 'info' },
      expected: '404 notify.alert_rule_not_found',
    },
    {
      what: 'a test mail to no address',
      method: 'POST',
      path: '/alert-rules/test-mail',
      body: { to: 'x\r\nBcc: y@example.org' },
      expected: invalid('to:address_invalid'),
    },
    {
      what: 'a test mail without a mail server',
      method: 'POST',
      path: '/alert-rules/test-mail',
      body: { to: 'ops@example.org' },
      expected: '409 notify.mail_not_configured',
    },
    ...(['acknowledge', 'resolve'] as const).flatMap((verb): Row[] => [
      {
        what: `${verb} an alert that is not there`,
        method: 'POST',
        path: `/alerts/${unknown}/${verb}`,
        body: {},
        expected: '404 notify.alert_not_found',
      },
      {
        what: `${verb} no id`,
        method: 'POST',
        path: `/alerts/the-last-one/${verb}`,
        body: {},
        expected: invalid('id:format'),
      },
      {
        what: `${verb} with too long a note`,
        method: 'POST',
        path: `/alerts/${unknown}/${verb}`,
        body: { note: 'x'.repeat(501) },
        expected: invalid('note:too_long'),
      },
    ]),
    ...[
      ['state', 'closed'],
      ['severity', 'fatal'],
    ].map(([name, value]) => ({
      what: `an unknown ${name}`,
      method: 'GET',
      path: `/alerts?${name}=${value}`,
      expected: invalid(`${name}:one_of`),
    })),
  ]
}
