import { throwawayAuthority } from '@holdfast/service/testing'
import { afterEach, expect, test } from 'vitest'
import { type TestSmtp, testSmtp } from '../testing/smtp.ts'
import { type MailerOptions, MailFailure, openMailer } from './mailer.ts'
import { parseSmtpUrl } from './smtp-server.ts'

// Against a real SMTP server.

let smtp: TestSmtp
afterEach(() => smtp.close())

const mail = {
  messageId: '01900000-0000-7000-8000-000000000001@holdfast.example',
  to: 'ops@example.org',
  subject: 'CRITICAL: x\r\nBcc: evil@example.org',
  text: 'text äöü',
  html: '<p>html</p>',
  at: 1_790_000_000_000,
}

async function send(
  url: string,
  options: Partial<MailerOptions> & { tls?: 'required' | 'off' } = {},
) {
  const { tls = 'off', ...more } = options
  const server = parseSmtpUrl(url, tls)
  const mailer = openMailer({ server, from: 'holdfast@example.org', timeoutMs: 3_000, ...more })
  try {
    return await mailer.send(mail)
  } catch (error) {
    return error instanceof MailFailure ? error : Promise.reject(error)
  } finally {
    mailer.close()
  }
}

test('a mail arrives as text and HTML, with its Message-ID and no header of its own making', async () => {
  smtp = await testSmtp()
  await send(`smtp://127.0.0.1:${smtp.port}`)
  const [taken] = smtp.mails
  expect(taken?.to).toEqual(['ops@example.org'])
  expect(taken?.messageId).toBe(`<${mail.messageId}>`)
  expect(taken?.subject).toBe('CRITICAL: x Bcc: evil@example.org')
  expect(taken?.raw).not.toMatch(/^bcc:/im)
  expect(taken?.raw).toMatch(/text\/plain/)
  expect(taken?.raw).toMatch(/text\/html/)
  expect(taken?.raw).toMatch(/^auto-submitted: auto-generated/im)
})

test('STARTTLS and a password; a server of a strange CA, or without TLS, is told nothing', async () => {
  const authority = await throwawayAuthority()
  const tls = await authority.identity('localhost')
  const url = (password = 'p%40ss') => `smtp://holdfast:${password}@127.0.0.1:${smtp.port}`
  smtp = await testSmtp({ tls, password: 'p@ss' })
  await send(url(), { tls: 'required', ca: tls.ca.toString() })
  expect(smtp.mails[0]?.isEncrypted).toBe(true)
  const wrong = await send(url('wrong'), { tls: 'required', ca: tls.ca.toString() })
  expect(wrong).toMatchObject({ isPermanent: false, message: expect.stringMatching(/^535/) })
  expect(String(wrong)).not.toContain('wrong@')
  const stranger = await send(url(), { tls: 'required' })
  expect(stranger).toMatchObject({ isPermanent: false })
  expect(smtp.mails).toHaveLength(1)
  await smtp.close()
  smtp = await testSmtp({ password: 'p@ss' })
  expect(await send(url(), { tls: 'required' })).toBeInstanceOf(MailFailure)
  expect(smtp.mails).toHaveLength(0)
})

test.each([
  ['rcpt', 450, false],
  ['data', 451, false],
  ['rcpt', 550, true],
  ['data', 554, true],
  ['rcpt', 530, false],
] as const)('%s %i is permanent: %s', async (at, code, isPermanent) => {
  smtp = await testSmtp()
  smtp.refuse({ at, code })
  const failure = await send(`smtp://127.0.0.1:${smtp.port}`)
  expect(failure).toBeInstanceOf(MailFailure)
  expect(failure).toMatchObject({ isPermanent })
  expect(await send(`smtp://127.0.0.1:${smtp.port}`)).toMatch(/^250/)
})

test('nobody at home is no reason to give up', async () => {
  smtp = await testSmtp()
  const { port } = smtp
  await smtp.close()
  expect(await send(`smtp://127.0.0.1:${port}`)).toMatchObject({ isPermanent: false })
  smtp = await testSmtp()
})
