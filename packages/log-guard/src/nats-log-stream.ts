import { mkdir, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { ArchivedCommit } from '@holdfast/archive'
import {
  type AdminConnection,
  expectedConfig,
  followRaw,
  infoOf,
  type LogSpec,
  MessageUnreadable,
  type RawMessage,
  readRaw,
  republish,
  type StreamConfig,
} from '@holdfast/event-log/admin'
import { ComparisonFailed } from './errors.ts'
import type { LogStream } from './log-stream.ts'

/** How many sequences are asked for at once where a reader got stuck. */
const probeWidth = 200n

const archived = ({
  sequence,
  subject,
  messageId,
  header,
  payload,
  storedAtUnixNs,
}: RawMessage): ArchivedCommit => ({
  sequence,
  subject,
  messageId,
  headers: header,
  payload,
  storedAtUnixNs,
})

/** The stream of a real server. `settingsFile` holds its settings while it is made anew; they are secret. */
export function natsLogStream(
  admin: AdminConnection,
  spec: LogSpec,
  settingsFile: string,
): LogStream {
  const { stream, ingest } = spec
  const { api } = admin.link
  const kept = keptSettings(settingsFile)
  /** As last seen: what a stream that is gone is made with again. */
  let settings: StreamConfig | undefined
  const isReadable = async (sequence: bigint): Promise<boolean> =>
    (await api.message(stream, sequence)) !== undefined

  /** The first readable sequence on the way from `from` to `to`; undefined when there is none. */
  async function findReadable(from: bigint, to: bigint): Promise<bigint | undefined> {
    const step = from <= to ? 1n : -1n
    const distance = (to - from) * step + 1n
    for (let at = 0n; at < distance; at += probeWidth) {
      const width = distance - at < probeWidth ? distance - at : probeWidth
      const asked = Array.from({ length: Number(width) }, (_, i) => from + (at + BigInt(i)) * step)
      const found = await Promise.all(asked.map(isReadable))
      const first = found.indexOf(true)
      if (first >= 0) return asked[first]
    }
    return undefined
  }

  async function* read(from: bigint, to: bigint): AsyncGenerator<readonly ArchivedCommit[], void> {
    if (to < from) return
    // A reader waits for the last one; so there has to be one to wait for.
    const last = await findReadable(to, from)
    if (last === undefined) return
    let next: bigint | undefined = from
    while (next !== undefined && next <= last) {
      try {
        for await (const messages of readRaw(admin, { stream, from: next, to: last })) {
          yield messages.map(archived)
          next = (messages.at(-1)?.sequence ?? next) + 1n
        }
        return
      } catch (error) {
        if (!MessageUnreadable.is(error)) throw error
        const bad = BigInt(error.details['sequence'] ?? next)
        // Where it can be read after all the reader had been unlucky, and goes on there.
        next = await findReadable(bad, last)
      }
    }
  }

  return {
    read,
    async standing() {
      const info = await infoOf(admin, stream)
      if (!info) return undefined
      const { state, created, config } = info
      settings = config
      const allowsBatches = config['allow_atomic'] === true
      return { last: BigInt(state.last_seq), bytes: state.bytes, created, allowsBatches }
    },
    async at(sequence) {
      for await (const [commit] of read(sequence, sequence)) return commit
      return undefined
    },
    follow: (from, signal, onCommits) =>
      followRaw(admin, { stream, from, signal }, (messages) => onCommits(messages.map(archived))),
    async restore(after, commits) {
      const { config } = await api.streamInfo(stream)
      await republish(admin, singly(commits), {
        ingest,
        stream,
        lastSequence: after,
        allowsBatches: config['allow_atomic'] === true,
      })
    },
    async create() {
      settings ??= await kept.read()
      if (!settings)
        throw ComparisonFailed({ reason: 'the stream of the log has not been made yet' })
      await api.call(`STREAM.CREATE.${stream}`, settings)
      await kept.remove()
    },
    async clear() {
      settings = await expectedConfig(admin, spec)
      // Whoever is cut short here finds no stream to take the settings from.
      await kept.write(settings)
      await api.call(`STREAM.DELETE.${stream}`)
      await api.call(`STREAM.CREATE.${stream}`, settings)
      await kept.remove()
    },
  }
}

function keptSettings(path: string) {
  return {
    async read(): Promise<StreamConfig | undefined> {
      try {
        return JSON.parse(await readFile(path, 'utf8')) as StreamConfig // our own file
      } catch {
        return undefined
      }
    },
    async write(settings: StreamConfig): Promise<void> {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      const file = await open(path, 'w', 0o600)
      try {
        await file.writeFile(JSON.stringify(settings))
        await file.sync()
      } finally {
        await file.close()
      }
    },
    remove: () => rm(path, { force: true }),
  }
}

async function* singly(batches: AsyncIterable<readonly ArchivedCommit[]>) {
  for await (const batch of batches)
    for (const { sequence, subject, messageId, payload, headers } of batch)
      yield { sequence, subject, messageId, payload, header: headers }
}
