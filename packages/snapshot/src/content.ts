import { maxRecordBytes } from './contributor-handlers.ts'
import { SnapshotDamaged } from './snapshot-errors.ts'
import type { Manifest } from './snapshot-header.ts'
import { isJsonObject, JsonRefused, parseStrictJson } from './strict-json.ts'

// The payload: JSON Lines. `{"section":…,"organization":…}`, its `{"record":…}`s, the next section; at last `{"end":…}`.

/** A record's own bytes and what is around them. */
const maxLineBytes = maxRecordBytes + 64
const newline = 0x0a
const recordBegins = '{"record":'

export type ContentItem =
  /** The sections of the manifest, in its order, each followed by its records. */
  | { readonly type: 'section'; readonly index: number }
  /** JSON of one object, strictly read. */
  | { readonly type: 'record'; readonly json: string }

export const sectionLine = (contributor: string, organization: string): string =>
  `${JSON.stringify({ section: contributor, organization })}\n`
/** Of the JSON of one record. */
export const recordLine = (json: string): string => `${recordBegins}${json}}\n`
export const endLine = (records: number): string => `${JSON.stringify({ end: true, records })}\n`

const damaged = (what: string): Error => SnapshotDamaged({ what })

/** Reads the lines and holds them to the manifest: the same sections in the same order with as many records. */
export async function* readContent(
  chunks: AsyncIterable<Uint8Array>,
  manifest: Manifest,
): AsyncGenerator<ContentItem> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const { sections } = manifest
  let at = -1
  let left = 0
  let records = 0
  let isOver = false
  let line = 0

  function read(bytes: Uint8Array): ContentItem | undefined {
    line += 1
    if (isOver) throw damaged('something follows its end')
    let text: string
    try {
      text = decoder.decode(bytes)
    } catch {
      throw damaged(`line ${line} is not UTF-8`)
    }
    if (text.startsWith(recordBegins) && text.endsWith('}')) {
      const json = text.slice(recordBegins.length, -1)
      if (!isJsonObject(strict(json, line))) throw damaged(`line ${line} is no record`)
      if (left === 0) throw damaged(`line ${line} is a record its section does not have`)
      left -= 1
      records += 1
      return { type: 'record', json }
    }
    const object = strict(text, line)
    if (!isJsonObject(object)) throw damaged(`line ${line} is no object`)
    if (left > 0) throw damaged(`${left} records are missing before line ${line}`)
    if (object['end'] === true) {
      if (at !== sections.length - 1) throw damaged('sections of the manifest are missing')
      if (object['records'] !== records) throw damaged('its end counts other records')
      isOver = true
      return undefined
    }
    const next = sections[at + 1]
    const isNext =
      next !== undefined &&
      object['section'] === next.contributor &&
      object['organization'] === next.organization
    if (!isNext) throw damaged(`line ${line} is not the section the manifest has next`)
    at += 1
    left = next.records
    return { type: 'section', index: at }
  }

  const held: Uint8Array[] = []
  let heldBytes = 0
  for await (const chunk of chunks) {
    let from = 0
    for (;;) {
      const to = chunk.indexOf(newline, from)
      const piece = chunk.subarray(from, to < 0 ? chunk.length : to)
      if (heldBytes + piece.length > maxLineBytes) throw damaged(`line ${line + 1} is too long`)
      if (to < 0) {
        if (piece.length > 0) held.push(piece)
        heldBytes += piece.length
        break
      }
      const item = read(held.length === 0 ? piece : Buffer.concat([...held, piece]))
      held.length = 0
      heldBytes = 0
      if (item) yield item
      from = to + 1
    }
  }
  if (heldBytes > 0) throw damaged('its last line is cut')
  if (!isOver) throw damaged('it ends too early')
}

function strict(text: string, line: number): ReturnType<typeof parseStrictJson> {
  try {
    return parseStrictJson(text)
  } catch (error) {
    if (error instanceof JsonRefused) throw damaged(`line ${line} has ${error.message}`)
    throw error
  }
}
