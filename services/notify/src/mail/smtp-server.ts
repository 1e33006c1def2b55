/** Where mail is handed over, as the setting says. */
export interface SmtpServer {
  readonly host: string
  readonly port: number
  /** `implicit`: from the first byte. `starttls`: before anything is told. `off`: in the clear. */
  readonly tls: 'implicit' | 'starttls' | 'off'
  readonly auth: { readonly user: string; readonly password: string } | undefined
}

const setting = 'HOLDFAST_NOTIFY_SMTP_URL'

/** Reads `smtp[s]://[user:password@]host[:port]`. Throws without repeating the URL: it holds a password. */
export function parseSmtpUrl(url: string, tls: 'required' | 'off'): SmtpServer {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const isImplicit = parsed?.protocol === 'smtps:'
  if (!parsed || (!isImplicit && parsed.protocol !== 'smtp:') || parsed.hostname === '') {
    throw new Error(`${setting} must be smtp://user:password@host:port or smtps://…`)
  }
  if (parsed.search !== '' || parsed.hash !== '' || !['', '/'].includes(parsed.pathname)) {
    throw new Error(
      `${setting} must end after the port: encode # ? / and @ of the password as %23…`,
    )
  }
  const user = decodeURIComponent(parsed.username)
  const password = decodeURIComponent(parsed.password)
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? (isImplicit ? 465 : 587) : Number(parsed.port),
    tls: isImplicit ? 'implicit' : tls === 'off' ? 'off' : 'starttls',
    auth: user === '' ? undefined : { user, password },
  }
}
