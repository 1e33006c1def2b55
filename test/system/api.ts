/** A client of the REST contract for tests: no retries, no cleverness, problems as errors. */
export class Refused extends Error {
  readonly status: number
  readonly problem: {
    readonly code?: string
    readonly detail?: string
    readonly errors?: readonly unknown[]
  }

  constructor(status: number, problem: Refused['problem'], what: string) {
    super(`${what}: ${status} ${problem.code ?? ''} ${problem.detail ?? ''}`)
    this.status = status
    this.problem = problem
  }
}

export interface Answer<T> {
  readonly status: number
  readonly headers: Headers
  readonly body: T
}

export interface Api {
  readonly url: string
  call<T>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer<T>>
  get<T>(path: string): Promise<T>
  post<T>(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<T>
  remove(path: string, headers?: Readonly<Record<string, string>>): Promise<void>
  text(path: string): Promise<string>
  /** Every item of a list, page by page. */
  all<T>(path: string, limit?: number): Promise<T[]>
  readonly token: string
}

/** Signs in and answers a client that stays signed in for 15 minutes. */
export async function signIn(url: string, username: string, password: string): Promise<Api> {
  const anonymous = apiFor(url, '')
  const { access_token } = await anonymous.post<{ access_token: string }>('/auth/login', {
    username,
    password,
  })
  return apiFor(url, access_token)
}

export function apiFor(url: string, token: string): Api {
  const call = async <T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer<T>> => {
    const isText = typeof body === 'string'
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(body === undefined
          ? {}
          : { 'content-type': isText ? 'text/plain' : 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    })
    const text = await response.text()
    const isJson = /[/+]json\b/.test(response.headers.get('content-type') ?? '')
    const parsed: unknown = isJson && text ? JSON.parse(text) : text
    if (!response.ok)
      throw new Refused(
        response.status,
        isJson ? (parsed as Refused['problem']) : { detail: text },
        `${method} ${path}`,
      )
    return { status: response.status, headers: response.headers, body: parsed as T }
  }
  return {
    url,
    token,
    call,
    get: async <T>(path: string) => (await call<T>('GET', path)).body,
    post: async <T>(path: string, body?: unknown, headers?: Readonly<Record<string, string>>) =>
      (await call<T>('POST', path, body ?? {}, headers)).body,
    remove: async (path, headers) => void (await call('DELETE', path, undefined, headers)),
    text: async (path) => (await call<string>('GET', path)).body,
    async all<T>(path: string, limit = 200) {
      const items: T[] = []
      let cursor: string | null = null
      do {
        const page: { items: T[]; next_cursor: string | null } = (
          await call<{ items: T[]; next_cursor: string | null }>(
            'GET',
            `${path}${path.includes('?') ? '&' : '?'}limit=${limit}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
          )
        ).body
        items.push(...page.items)
        cursor = page.next_cursor
      } while (cursor)
      return items
    },
  }
}
