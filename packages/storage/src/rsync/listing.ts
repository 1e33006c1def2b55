export interface Listed {
  readonly name: string
  readonly type: 'file' | 'folder' | 'link' | 'other'
  readonly size: number
  readonly modifiedAtUnixMs: number
}

const line =
  /^(.)[-rwxsStT]{9}[+@.]?\s+([0-9,]+) ([0-9]{4})\/([0-9]{2})\/([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) (.+)$/

/** A line of `rsync --list-only`, its time zone UTC. Names that hold more than a key may are escaped there, and no keys. */
export function parseLine(text: string): Listed | undefined {
  const match = line.exec(text)
  if (!match) return undefined
  const [, mode = '', size = '', ...rest] = match
  const name = rest.at(-1) ?? ''
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = rest.map(Number)
  return {
    // A link's target comes behind it.
    name: mode === 'l' ? name.replace(/ -> .*$/, '') : name,
    type: mode === '-' ? 'file' : mode === 'd' ? 'folder' : mode === 'l' ? 'link' : 'other',
    size: Number(size.replaceAll(',', '')),
    modifiedAtUnixMs: Date.UTC(year, month - 1, day, hour, minute, second),
  }
}

/** Whole lines of what comes in pieces. */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<string, void, undefined> {
  let rest = ''
  for await (const chunk of chunks) {
    const parts = (rest + chunk.toString('latin1')).split('\n')
    rest = parts.pop() ?? ''
    if (rest.length > 8_192) rest = ''
    yield* parts
  }
  if (rest !== '') yield rest
}

/** `a`, `a/b`, `a/b/c` of `a/b/c`. */
export const chainOf = (path: string): readonly string[] => {
  const parts = path.split('/')
  return parts.map((_part, at) => parts.slice(0, at + 1).join('/'))
}
