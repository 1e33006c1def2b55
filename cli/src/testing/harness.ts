import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterEach, beforeEach, expect } from 'vitest'
import { type Ask, createContext } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import { createProgram } from '../program.ts'

// The command line against a server of the test's own.

export interface Seen {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: unknown
}
type Answer = {
  readonly status: number
  readonly body?: unknown
  readonly text?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}

export let directory: string
let server: Server
export let url: string
export let seen: Seen[]
export let answers: Map<string, (request: Seen) => Answer>

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'holdfast-cli-'))
  seen = []
  answers = new Map()
  server = createServer((request, response) => void answer(request, response))
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const isJson = request.headers['content-type'] === 'application/json'
    const entry: Seen = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: isJson && text ? JSON.parse(text) : text,
    }
    seen.push(entry)
    const route = `${entry.method} ${entry.path.split('?')[0]?.replace('/api/v1', '')}`
    const found = answers.get(route)?.(entry) ?? {
      status: 404,
      body: { title: 'Not found', detail: `no ${route}`, code: 'not_found' },
    }
    response.writeHead(found.status, found.headers)
    response.end(found.text ?? (found.body === undefined ? '' : JSON.stringify(found.body)))
  }
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  rmSync(directory, { recursive: true })
})

const nobody: Ask = {
  text: () => Promise.reject(new CliError('nobody is here', exitCodes.usage)),
  secret: () => Promise.reject(new CliError('nobody is here', exitCodes.usage)),
  confirm: () => Promise.reject(new CliError('nobody is here', exitCodes.usage)),
  stdin: () => Promise.resolve(''),
}

/** Runs one command. */
export async function holdfast(
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly ask?: Partial<Ask> } = {},
): Promise<{ out: string; notes: string; exitCode: number; error?: CliError }> {
  const out: string[] = []
  const notes: string[] = []
  const env = {
    HOLDFAST_URL: url,
    HOLDFAST_CREDENTIALS: join(directory, 'credentials.json'),
    ...options.env,
  }
  const context = createContext(
    env,
    {
      write: (t) => void out.push(t),
      note: (t) => void notes.push(t),
      isTerminal: false,
      columns: 80,
    },
    { ...nobody, ...options.ask },
  )
  // Without colours: whether there are any depends on where the tests run.
  const said = () => ({
    out: stripVTControlCharacters(out.join('\n')),
    notes: stripVTControlCharacters(notes.join('\n')),
  })
  try {
    await createProgram(context).parseAsync(['node', 'holdfast', ...args])
    return { ...said(), exitCode: 0 }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return { ...said(), exitCode: error.exitCode, error }
  }
}

export const tokens = (n: number) => ({
  access_token: `a${n}`,
  refresh_token: `r${n}`,
  expires_in: 900,
})
export const signIn = async (): Promise<void> => {
  answers.set('POST /auth/login', () => ({ status: 200, body: tokens(1) }))
  const ask = { stdin: () => Promise.resolve('correct horse battery\n') }
  const result = await holdfast(['auth', 'login', '--username', 'admin', '--password-stdin'], {
    ask,
  })
  expect(result.exitCode).toBe(0)
}
