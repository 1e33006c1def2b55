import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import type { Suite } from './suite.ts'

const root = resolve(import.meta.dirname, '../..')

/** The built CLI in a process of its own, with a credentials file of the suite's. */
export interface Cli {
  /** Standard output. Throws with standard error when it ends with anything but 0. */
  text(...args: readonly string[]): Promise<string>
  json<T>(...args: readonly string[]): Promise<T>
}

/** Signs in as the first super-admin. */
export async function signedInCli(suite: Suite): Promise<Cli> {
  const env = {
    PATH: process.env['PATH'],
    HOLDFAST_URL: suite.url,
    HOLDFAST_CREDENTIALS: join(suite.data, 'cli-credentials.json'),
    HOLDFAST_PASSWORD: suite.password,
  }
  const text = (...args: readonly string[]): Promise<string> =>
    new Promise((done, fail) => {
      const words = [join(root, 'dist/cli.mjs'), ...args]
      execFile(process.execPath, words, { env, timeout: 60_000 }, (error, stdout, stderr) => {
        if (error) fail(new Error(`holdfast ${args.join(' ')}: ${stderr}`, { cause: error }))
        else done(stdout)
      })
    })
  await text('auth', 'login', '--username', 'admin')
  return {
    text,
    // as: what the command is documented to print
    json: async <T>(...args: readonly string[]) => JSON.parse(await text(...args, '--json')) as T,
  }
}
