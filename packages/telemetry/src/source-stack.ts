import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Stacks in words of the sources, though a bundle is what runs. Node's own way (--enable-source-maps) keeps every map
 * it has looked into as objects, some 55 MB a process; this reads the map beside the bundle when it meets a frame for
 * the first time, and keeps the answer alone.
 */
export function sourceStack(stack: string): string {
  const unknown = new Map<string, Position[]>()
  for (const [frame, file, line, column] of stack.matchAll(frames)) {
    if (known.has(frame) || file === undefined) continue
    const position = { frame, line: Number(line) - 1, column: Number(column) - 1 }
    const together = unknown.get(file)
    if (together) together.push(position)
    else unknown.set(file, [position])
  }
  for (const [file, positions] of unknown) look(file, positions)
  return stack.replaceAll(frames, (frame) => known.get(frame) ?? frame)
}

/** `file:///…/dist/rules.mjs:12:34` */
const frames = /(file:\/\/\/[^\s()]+\.mjs):(\d+):(\d+)/g
const known = new Map<string, string>()
const maxKnown = 2_000

/** A frame of a bundle; lines and columns from 0. */
interface Position {
  readonly frame: string
  readonly line: number
  readonly column: number
}

interface Origin {
  readonly source: number
  readonly line: number
  readonly column: number
}

function look(file: string, positions: readonly Position[]): void {
  if (known.size > maxKnown) known.clear()
  let origins: ReadonlyMap<Position, Origin> = new Map()
  let sources: readonly string[] = []
  try {
    const map = JSON.parse(readFileSync(fileURLToPath(`${file}.map`), 'utf8')) as {
      readonly sources: readonly string[]
      readonly mappings: string
    } // as: our own build's
    sources = map.sources
    origins = originsOf(map.mappings, positions)
  } catch {
    // Without a map the bundle's own lines have to do.
  }
  for (const position of positions) {
    const origin = origins.get(position)
    const source = origin && sources[origin.source]
    const text = source
      ? `${fileURLToPath(new URL(source, file))}:${origin.line + 1}:${origin.column + 1}`
      : position.frame
    known.set(position.frame, text)
  }
}

const digits = new Int8Array(128).fill(-1)
for (const [value, letter] of [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
].entries()) {
  digits[letter.charCodeAt(0)] = value
}

/** Of each position the last segment of its line that begins before it: https://tc39.es/ecma426/ */
function originsOf(
  mappings: string,
  positions: readonly Position[],
): ReadonlyMap<Position, Origin> {
  const found = new Map<Position, Origin>()
  const last = Math.max(...positions.map(({ line }) => line))
  let line = 0
  /** Column in the bundle, source, line and column there, name: each as the difference to the one before. */
  const fields = [0, 0, 0, 0, 0]
  let field = 0
  let value = 0
  let shift = 0
  const settle = (): void => {
    if (field >= 4) {
      const [column = 0, source = 0, sourceLine = 0, sourceColumn = 0] = fields
      for (const position of positions) {
        if (position.line !== line || column > position.column) continue
        found.set(position, { source, line: sourceLine, column: sourceColumn })
      }
    }
    field = 0
  }
  for (let i = 0; i < mappings.length && line <= last; i++) {
    const code = mappings.charCodeAt(i)
    if (code === 44 /* , */ || code === 59 /* ; */) {
      settle()
      if (code === 59) {
        line++
        fields[0] = 0
      }
      continue
    }
    const digit = digits[code] ?? 0
    value += (digit & 31) << shift
    shift += 5
    if ((digit & 32) !== 0) continue
    fields[field] = (fields[field] ?? 0) + ((value & 1) === 1 ? -(value >>> 1) : value >>> 1)
    field++
    value = 0
    shift = 0
  }
  settle()
  return found
}
