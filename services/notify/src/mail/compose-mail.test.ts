import { expect, test } from 'vitest'
import { parseMailAddress } from './address.ts'
import { alertMail, type MailedAlert, maxSpelledOut } from './compose-mail.ts'
import { parseSmtpUrl } from './smtp-server.ts'

const alert = (more: Partial<MailedAlert> = {}): MailedAlert => ({
  alertId: '01900000-0000-7000-8000-000000000001',
  code: 'log.frozen',
  severity: 'critical',
  title: 'The log takes no changes',
  detail: 'frozen',
  raisedAt: 1_790_000_000_000,
  ...more,
})

test('no text of an alert becomes a header or a tag', () => {
  const mail = alertMail(
    [alert({ title: 'a\r\nBcc: x@y\u2028z <b>', detail: '<script>\u0000"x"' })],
    'https://holdfast.example/"><i>',
  )
  expect(mail.subject).toBe('[Holdfast] CRITICAL: a Bcc: x@y z <b>')
  expect(mail.html).not.toMatch(/<(b|script|i)>/)
  expect(mail.text).not.toContain('\u0000')
})

test('several alerts are one mail, the worst first, at most fifty spelled out', () => {
  const many = Array.from({ length: 60 }, (_, i) =>
    alert({ severity: i === 59 ? 'critical' : 'info', title: `alert ${i}`, raisedAt: i }),
  )
  const mail = alertMail(many, undefined)
  expect(mail.subject).toBe('[Holdfast] 60 alerts, the worst CRITICAL: alert 59')
  expect(mail.text.startsWith('CRITICAL  alert 59')).toBe(true)
  expect(mail.text).toContain('… and 10 more.')
  expect(mail.text.match(/^INFO|^CRITICAL/gm)).toHaveLength(maxSpelledOut)
})

test('links begin with the address of the instance', () => {
  expect(alertMail([alert()], 'https://holdfast.example/').text).toContain(
    'https://holdfast.example/alerts/01900000-0000-7000-8000-000000000001',
  )
})

test.each(['ops@example.org', "o'neil+x@mail.example", 'root@localhost', 'a@bücher.example'])(
  '%s is an address',
  (text) => expect(parseMailAddress(text).ok).toBe(true),
)

test.each([
  '',
  'ops',
  '@example.org',
  'ops@',
  'a@b, c@d',
  'a@b\r\nBcc: c@d',
  '"x y"@example.org',
  'Ops <ops@example.org>',
  'ops@example..org',
  'ops@-example.org',
  'ops@[127.0.0.1]',
  `${'a'.repeat(65)}@example.org`,
  'a b@example.org',
])('%j is none', (text) => expect(parseMailAddress(text).ok).toBe(false))

test('the server of the setting', () => {
  expect(parseSmtpUrl('smtp://u%40x:p%2Fw@mail.lan', 'required')).toEqual({
    host: 'mail.lan',
    port: 587,
    tls: 'starttls',
    auth: { user: 'u@x', password: 'p/w' },
  })
  expect(parseSmtpUrl('smtps://[::1]', 'off')).toMatchObject({
    host: '::1',
    port: 465,
    tls: 'implicit',
  })
  expect(parseSmtpUrl('smtp://localhost:25', 'off')).toMatchObject({ tls: 'off', auth: undefined })
  for (const bad of [
    'http://x',
    'smtp://',
    'mail.lan',
    'smtp://u:secret@h?x=1',
    'smtp://u:secret@h/x',
  ])
    expect(() => parseSmtpUrl(bad, 'required')).toThrow(/^(?!.*secret)/)
})
