import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dropSession, readCredentials, type Session, saveSession } from './credentials.ts'
import { CliError, exitCodeOf, exitCodes } from './exit.ts'

/** One HTTP exchange with the gateway, below `/api/v1`. */
export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly body?: unknown
  /** Sent as it is, as text/plain. */
  readonly text?: string
  /** Sent as multipart/form-data. */
  readonly form?: FormData
  readonly headers?: Readonly<Record<string, string>>
  /** Neither session nor API key. */
  readonly anonymous?: boolean
  readonly signal?: AbortSignal
}

interface ProblemBody {
  readonly title?: string
  readonly detail?: string
  readonly code?: string
  readonly errors?: readonly { readonly field: string; readonly detail: string }[]
}

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
}

/** The server to talk to: the option, the environment, the last sign-in, the suite in this checkout, the default. */
export function serverUrl(
  option: string | undefined,
  env: NodeJS.ProcessEnv,
  credentials: string,
): string {
  const chosen =
    option ??
    env['HOLDFAST_URL'] ??
    readCredentials(credentials).current ??
    runningHere(env) ??
    'http://127.0.0.1:8080'
  let url: URL
  try {
    url = new URL(chosen)
  } catch {
    throw new CliError(`not a URL: ${chosen}. Write it as http://host:port`, exitCodes.usage)
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new CliError(`not an HTTP address: ${chosen}`, exitCodes.usage)
  }
  return url.href.replace(/\/+$/, '').replace(/\/api\/v1$/, '')
}

/** The address an embedded suite wrote down, when one was started from this directory. */
function runningHere(env: NodeJS.ProcessEnv): string | undefined {
  try {
    const text = readFileSync(join(env['HOLDFAST_DATA'] ?? '.holdfast', 'run.json'), 'utf8')
    const run: unknown = JSON.parse(text)
    if (typeof run === 'object' && run !== null && 'url' in run && typeof run.url === 'string')
      return run.url
  } catch {
    // No suite here: the default address is as good a guess.
  }
  return undefined
}

/** Talks to one server as whoever is signed in. Refreshes an expired session once, by itself. */
export class ApiClient {
  readonly url: string
  readonly #credentials: string
  readonly #apiKey: string | undefined
  readonly #reason: string | undefined
  readonly #at: string | undefined

  /** `reason` goes with every write, for the log; `at` with every read: then nothing can be written. */
  constructor(
    url: string,
    credentials: string,
    apiKey: string | undefined,
    { reason, at }: { readonly reason?: string | undefined; readonly at?: string | undefined } = {},
  ) {
    this.url = url
    this.#credentials = credentials
    this.#apiKey = apiKey
    this.#reason = reason
    this.#at = at
  }

  /** The answer's JSON. Throws CliError with the exit code that fits. */
  async json<T>(path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.send(path, options)
    return (response.status === 204 ? undefined : await response.json()) as T // the server's contract
  }

  /** Every item of a list, page by page. */
  async *items<T>(
    path: string,
    query: NonNullable<RequestOptions['query']> = {},
  ): AsyncGenerator<T> {
    let cursor: string | undefined
    do {
      const page: { items: T[]; next_cursor: string | null } = await this.json(path, {
        query: { limit: 200, ...query, ...(cursor ? { cursor } : {}) },
      })
      yield* page.items
      cursor = page.next_cursor ?? undefined
    } while (cursor)
  }

  async send(path: string, options: RequestOptions = {}): Promise<Response> {
    const session = options.anonymous || this.#apiKey ? undefined : this.session()
    let response = await this.#fetch(path, options, session?.accessToken)
    if (response.status === 401 && session) {
      const renewed = await this.#refresh(session)
      if (renewed) response = await this.#fetch(path, options, renewed.accessToken)
    }
    if (!response.ok)
      throw await failure(
        response,
        options.anonymous ? '' : this.#apiKey ? keyRefused : sessionRefused,
      )
    return response
  }

  /** The session for this server; throws when nobody is signed in. */
  session(): Session {
    const session = readCredentials(this.#credentials).sessions[this.url]
    if (!session) {
      throw new CliError(
        `not signed in to ${this.url}: run 'holdfast auth login'`,
        exitCodes.signedOut,
      )
    }
    return session
  }

  keep(username: string, tokens: Tokens): Session {
    const session = {
      username,
      accessToken: tokens.access_token,
      refreshToken: tokens.refresh_token,
      expiresAt: Date.now() + tokens.expires_in * 1000,
    }
    saveSession(this.#credentials, this.url, session)
    return session
  }

  forget(): void {
    dropSession(this.#credentials, this.url)
  }

  async #refresh(session: Session): Promise<Session | undefined> {
    // Another command may have refreshed meanwhile; its tokens are newer than ours.
    const current = this.session()
    if (current.refreshToken !== session.refreshToken) return current
    const response = await this.#fetch(
      '/auth/refresh',
      { method: 'POST', anonymous: true, body: { refresh_token: session.refreshToken } },
      undefined,
    )
    if (!response.ok) return undefined
    return this.keep(session.username, (await response.json()) as Tokens) // the server's contract
  }

  async #fetch(
    path: string,
    options: RequestOptions,
    token: string | undefined,
  ): Promise<Response> {
    const isRead = (options.method ?? 'GET') === 'GET'
    if (this.#at !== undefined && !isRead && !options.anonymous) {
      throw new CliError('--at looks back: it goes with commands that only read', exitCodes.usage)
    }
    const url = new URL(`${this.url}/api/v1${path}`)
    if (this.#at !== undefined && isRead) url.searchParams.set('at', this.#at)
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const headers: Record<string, string> = { 'user-agent': 'holdfast-cli', ...options.headers }
    if (this.#reason !== undefined && !isRead) {
      headers['holdfast-reason'] = encodeURIComponent(this.#reason)
    }
    if (options.body !== undefined) headers['content-type'] = 'application/json'
    else if (options.text !== undefined) headers['content-type'] = 'text/plain'
    if (!options.anonymous && this.#apiKey) headers['x-api-key'] = this.#apiKey
    else if (token) headers['authorization'] = `Bearer ${token}`
    const body =
      options.form ?? (options.body === undefined ? options.text : JSON.stringify(options.body))
    try {
      return await fetch(url, {
        method: options.method ?? 'GET',
        headers,
        ...(body === undefined ? {} : { body }),
        ...(options.signal ? { signal: options.signal } : {}),
      })
    } catch (error) {
      if (options.signal?.aborted) throw error
      const reason =
        (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message
      throw new CliError(
        `cannot reach ${this.url} (${reason}): is Holdfast running? Name another server with --url or HOLDFAST_URL`,
        exitCodes.unreachable,
      )
    }
  }
}

const sessionRefused = ". Run 'holdfast auth login'"
const keyRefused = '. HOLDFAST_API_KEY is set: unset it to use your session'

async function failure(response: Response, whenSignedOut: string): Promise<CliError> {
  let problem: ProblemBody = {}
  try {
    problem = (await response.json()) as ProblemBody // RFC 9457
  } catch {
    // Not ours: a proxy answered. The status line has to do.
  }
  const message = problem.detail ?? problem.title ?? `the server answered ${response.status}`
  const fields = problem.errors ?? []
  const hints = fields.length > 1 ? fields.map((f) => `${f.field}: ${f.detail}`) : []
  const hint = response.status === 401 ? whenSignedOut : ''
  return new CliError(`${message}${hint}`, exitCodeOf(response.status), hints, problem.code)
}
