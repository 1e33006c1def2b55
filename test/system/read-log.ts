import { readServerSentEvents } from '../../cli/src/server-sent-events.ts'
import type { Api } from './api.ts'

/** A commit as the live event stream prints it. */
export interface PrintedCommit {
  readonly sequence: string
  readonly aggregate_type: string
  readonly aggregate_id: string
  readonly command_id: string
  readonly events: readonly {
    readonly type: string
    readonly data: Readonly<Record<string, unknown>>
  }[]
}

/** The log up to `to`, as an administrator sees it on the live stream. Throws when order or completeness breaks. */
export async function readLog(api: Api, to: string | bigint): Promise<PrintedCommit[]> {
  const end = BigInt(to)
  const stop = new AbortController()
  const response = await fetch(`${api.url}/api/v1/events`, {
    headers: {
      authorization: `Bearer ${api.token}`,
      'last-event-id': '0',
      accept: 'text/event-stream',
    },
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(60_000)]),
  })
  if (!response.ok) throw new Error(`GET /events: ${response.status} ${await response.text()}`)
  const commits: PrintedCommit[] = []
  let last = 0n
  try {
    for await (const event of readServerSentEvents(response)) {
      if (!event.data) continue
      const commit = JSON.parse(event.data) as PrintedCommit
      const sequence = BigInt(commit.sequence)
      if (sequence !== last + 1n) throw new Error(`sequence ${sequence} after ${last}`)
      last = sequence
      commits.push(commit)
      if (sequence >= end) return commits
    }
    throw new Error(`the stream of events ended at ${last}, before ${end}`)
  } finally {
    stop.abort()
  }
}
