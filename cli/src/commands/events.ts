import { setTimeout } from 'node:timers/promises'
import type { Command } from 'commander'
import type { Context } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import { readServerSentEvents } from '../server-sent-events.ts'
import { whole } from './options.ts'

interface LogEntry {
  readonly sequence: string
  readonly time: string
  readonly aggregate_type: string
  readonly aggregate_id: string
  readonly actor: { readonly kind: string; readonly id: string }
  readonly events: readonly { readonly type: string }[]
}

/** `events tail`: the log as it grows. */
export function eventCommands(program: Command, context: Context): void {
  const events = program.command('events').description('the log, live')
  events
    .command('tail')
    .description('print commits as they happen; survives a broken connection')
    .option(
      '--from <sequence>',
      'start after this position of the log',
      whole(0, Number.MAX_SAFE_INTEGER),
    )
    .option('--limit <n>', 'end after so many', whole(1, Number.MAX_SAFE_INTEGER))
    .action((_options, command: Command) => tail(context, command))
}

async function tail(context: Context, command: Command): Promise<void> {
  const options = command.opts<{ from?: number; limit?: number }>()
  const api = context.api(command)
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  let last = options.from?.toString()
  let seen = 0
  let failures = 0
  while (!stop.signal.aborted) {
    try {
      const headers = {
        accept: 'text/event-stream',
        ...(last === undefined ? {} : { 'last-event-id': last }),
      }
      const response = await api.send('/events', { headers, signal: stop.signal })
      failures = 0
      for await (const event of readServerSentEvents(response)) {
        if (event.id) last = event.id
        if (!event.data) continue
        context.out.write(
          context.wantsJson(command) ? event.data : human(JSON.parse(event.data) as LogEntry),
        ) // the server's contract
        seen += 1
        if (options.limit !== undefined && seen >= options.limit) {
          stop.abort()
          return
        }
      }
    } catch (error) {
      if (stop.signal.aborted) return
      if (error instanceof CliError && error.exitCode !== exitCodes.unreachable) throw error
      failures += 1
      if (failures > 10) throw error
    }
    await setTimeout(Math.min(5000, 250 * 2 ** failures), undefined, { signal: stop.signal }).catch(
      () => {},
    )
  }
}

const human = (entry: LogEntry): string =>
  `${entry.sequence.padStart(8)}  ${entry.time}  ${entry.events.map((e) => e.type).join(', ')}  ${entry.aggregate_type} ${entry.aggregate_id}  by ${entry.actor.kind} ${entry.actor.id}`
