import type { Command } from 'commander'
import { ApiClient, serverUrl } from './client.ts'
import { credentialsPath } from './credentials.ts'
import type { Output } from './output.ts'

/** Of the option `--at`, which every command that reads takes. */
export const lookingBack = 'as of a log sequence or a time, for example 2026-04-23T03:00:00Z'

/** What a command has at hand. */
export interface Context {
  readonly env: NodeJS.ProcessEnv
  readonly out: Output
  readonly api: (command: Command) => ApiClient
  readonly wantsJson: (command: Command) => boolean
  /** Asks a person; throws when nobody is there to answer. */
  readonly ask: Ask
}

export interface Ask {
  readonly text: (message: string) => Promise<string>
  readonly secret: (message: string) => Promise<string>
  readonly confirm: (message: string) => Promise<boolean>
  /** All of standard input, for `--password-stdin` and `-`. */
  readonly stdin: () => Promise<string>
}

export function createContext(env: NodeJS.ProcessEnv, out: Output, ask: Ask): Context {
  const credentials = credentialsPath(env)
  return {
    env,
    out,
    ask,
    api(command) {
      const { url, reason, at } = command.optsWithGlobals<{
        url?: string
        reason?: string
        at?: string
      }>()
      // A command may have an `--at` of its own, and then knows what to do with it.
      const isOurs = command.options.every(
        ({ long, description }) => long !== '--at' || description === lookingBack,
      )
      return new ApiClient(
        serverUrl(url, env, credentials),
        credentials,
        env['HOLDFAST_API_KEY'] || undefined,
        { reason, at: isOurs ? at : undefined },
      )
    },
    wantsJson: (command) => command.optsWithGlobals<{ json?: boolean }>().json === true,
  }
}

/** Prints a value as the API's JSON, or as people read it. */
export function print<T>(
  context: Context,
  command: Command,
  value: T,
  human: (value: T) => string,
): void {
  context.out.write(context.wantsJson(command) ? JSON.stringify(value, null, 2) : human(value))
}

/** A list, up to `--limit` items: in the API's envelope, or as a table with a helpful line when empty. */
export async function printList<T>(
  context: Context,
  command: Command,
  items: AsyncIterable<T>,
  human: (items: readonly T[]) => string,
  empty: string,
): Promise<void> {
  const { limit } = command.opts<{ limit?: number }>()
  const all: T[] = []
  for await (const item of items) {
    all.push(item)
    if (limit !== undefined && all.length >= limit) break
  }
  if (context.wantsJson(command))
    context.out.write(JSON.stringify({ items: all, next_cursor: null }, null, 2))
  else if (all.length === 0) context.out.note(empty)
  else context.out.write(human(all))
}
