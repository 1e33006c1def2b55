import type { AddressInfo } from 'node:net'
import type { TlsIdentity } from '@holdfast/service'
import { SMTPServer } from 'smtp-server'

export interface TakenMail {
  readonly to: readonly string[]
  /** As it came, headers and all. */
  readonly raw: string
  readonly messageId: string
  readonly subject: string
  readonly isEncrypted: boolean
}

export interface TestSmtp {
  readonly port: number
  readonly mails: readonly TakenMail[]
  /** Answers the next mails, or their recipients, with these codes; then takes them again. */
  refuse(...codes: readonly { readonly at: 'rcpt' | 'data'; readonly code: number }[]): void
  /** Takes mails and does not say so, until released: what a sender that dies then does not know. */
  holdAnswers(): () => void
  close(): Promise<void>
}

/** A real SMTP server of one's own. With `tls` it offers STARTTLS; with `password` it wants user `holdfast`. */
export async function testSmtp(
  options: { readonly tls?: TlsIdentity; readonly password?: string } = {},
): Promise<TestSmtp> {
  const { tls, password } = options
  const mails: TakenMail[] = []
  let refusals: { readonly at: 'rcpt' | 'data'; readonly code: number }[] = []
  let held: Promise<void> = Promise.resolve()
  const refusal = (at: 'rcpt' | 'data'): Error | undefined => {
    const [next] = refusals
    if (next?.at !== at) return undefined
    refusals = refusals.slice(1)
    return Object.assign(new Error('not taken'), { responseCode: next.code })
  }
  const disabled = [...(tls ? [] : ['STARTTLS']), ...(password === undefined ? ['AUTH'] : [])]
  const server = new SMTPServer({
    ...(tls ? { key: tls.key, cert: tls.cert } : {}),
    disabledCommands: disabled,
    authOptional: password === undefined,
    disableReverseLookup: true,
    onAuth({ username, password: given }, _session, callback) {
      if (username === 'holdfast' && given === password) callback(null, { user: 'holdfast' })
      else callback(Object.assign(new Error('wrong password'), { responseCode: 535 }))
    },
    onRcptTo(_address, _session, callback) {
      callback(refusal('rcpt'))
    },
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const failure = refusal('data')
        if (failure) {
          callback(failure)
          return
        }
        const raw = Buffer.concat(chunks).toString('utf8')
        const header = (name: string): string =>
          new RegExp(`^${name}: (.*(?:\r\n[ \t].*)*)`, 'im')
            .exec(raw)?.[1]
            ?.replaceAll('\r\n', '') ?? ''
        mails.push({
          to: session.envelope.rcptTo.map(({ address }) => address),
          raw,
          messageId: header('message-id'),
          subject: header('subject'),
          isEncrypted: session.secure,
        })
        void held.then(() => callback())
      })
    },
  })
  // A sender that goes away in the middle is what some tests are about.
  server.on('error', () => undefined)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    // as: a TCP server that listens has a port
    port: (server.server.address() as AddressInfo).port,
    mails,
    refuse: (...codes) => {
      refusals = [...codes]
    },
    holdAnswers() {
      let release: () => void = () => undefined
      held = new Promise((resolve) => {
        release = resolve
      })
      return release
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
      }),
  }
}
