import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EventCodec } from '@holdfast/event-log'
import { expect, test } from 'vitest'

interface Frozen {
  readonly type: string
  readonly schema: number
  /** Base64. */
  readonly data: string
  /** What it means today, bytes as `{ "$bytes": base64 }`. */
  readonly event: object
}

/** Events of one aggregate, and what reads and writes them. */
export interface Published {
  readonly aggregate: string
  // biome-ignore lint/suspicious/noExplicitAny: each aggregate has events of its own
  readonly codec: EventCodec<any>
  readonly events: readonly { readonly type: string }[]
}

const plain = (event: unknown): object =>
  JSON.parse(
    JSON.stringify(event, (_, value: unknown) => {
      if (typeof value === 'bigint') return `${value}`
      return value instanceof Uint8Array ? { $bytes: Buffer.from(value).toString('base64') } : value
    }),
  )

/**
 * Bytes of every schema ever published by a context, in events/<context>/<aggregate>.<type>.v<n>.json: never edited or
 * removed. UPDATE_FIXTURES=1 writes those that are missing. `parts`: messages that only stand in events.
 */
export function frozenEvents(
  context: string,
  published: readonly Published[],
  parts: readonly string[] = [],
): void {
  const directory = join(import.meta.dirname, 'events', context)
  const fileOf = (aggregate: string, { type, schema }: { type: string; schema: number }) =>
    join(directory, `${aggregate}.${type}.v${schema}.json`)

  if (process.env['UPDATE_FIXTURES']) {
    mkdirSync(directory, { recursive: true })
    for (const { aggregate, codec, events } of published) {
      for (const event of events) {
        const { type, schema, data } = codec.encode(event)
        const path = fileOf(aggregate, { type, schema })
        if (existsSync(path)) continue
        const kept = {
          type,
          schema,
          data: Buffer.from(data).toString('base64'),
          event: plain(event),
        }
        writeFileSync(path, `${JSON.stringify(kept, null, 2)}\n`)
      }
    }
  }

  const codecs = new Map(published.map(({ aggregate, codec }) => [aggregate, codec]))
  test.each(readdirSync(directory).sort())('%s is still read as it was meant', (file) => {
    const frozen = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Frozen
    const stored = { ...frozen, data: new Uint8Array(Buffer.from(frozen.data, 'base64')) }
    const codec = codecs.get(file.split('.')[0] ?? '')
    expect(plain(codec?.decode(stored))).toMatchObject(frozen.event)
  })

  const all = published.flatMap(({ aggregate, codec, events }) =>
    events.map((event) => ({ name: `${aggregate} ${event.type}`, aggregate, codec, event })),
  )
  test.each(all)('$name is written as published', ({ aggregate, codec, event }) => {
    const { type, schema, data } = codec.encode(event)
    const frozen = JSON.parse(readFileSync(fileOf(aggregate, { type, schema }), 'utf8')) as Frozen
    expect(Buffer.from(data).toString('base64')).toBe(frozen.data)
  })

  test(`every event of ${context} stands here`, () => {
    const text = readFileSync(
      new URL(`../../proto/holdfast/${context}/v1/events.proto`, import.meta.url),
      'utf8',
    )
    const messages = [...text.matchAll(/^message (\w+)/gm)].map(([, name = '']) => name)
    const events = new Set([...all.map(({ event }) => event.type), ...parts])
    expect(messages.filter((name) => !name.endsWith('Settings') && !events.has(name))).toEqual([])
  })
}
