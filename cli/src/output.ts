import color from 'picocolors'

/** A column of a table for people. JSON is the contract; tables may change. */
export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string
}

/** What a command writes to, so that tests can read it. */
export interface Output {
  readonly write: (text: string) => void
  readonly note: (text: string) => void
  /** Colours and relative times only for people. */
  readonly isTerminal: boolean
  readonly columns: number
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
const codes = /\u001b\[[0-9;]*m/g
const width = (text: string): number => text.replace(codes, '').length

/** Left-aligned columns with two spaces between: greppable, and narrow enough for a terminal. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const cells = rows.map((row) => columns.map((column) => clean(column.value(row))))
  const widths = columns.map((column, i) =>
    Math.max(column.title.length, ...cells.map((row) => width(row[i] ?? ''))),
  )
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell + ' '.repeat(Math.max(0, (widths[i] ?? 0) - width(cell))))
      .join('  ')
      .trimEnd()
  const title = line(columns.map((column) => column.title))
  return [color.bold(title), ...cells.map(line)].join('\n')
}

/** A name from the server must not move the cursor; colours, which we add ourselves, pass. */
export const clean = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is the point
  text.replace(/[\u0000-\u001a\u001c-\u001f\u007f-\u009f]|\u001b(?!\[[0-9;]*m)/g, '?')

/** One object as aligned `name: value` lines. */
export function fields(pairs: readonly (readonly [string, string | undefined])[]): string {
  const shown = pairs.filter((pair): pair is readonly [string, string] => Boolean(pair[1]))
  const longest = Math.max(0, ...shown.map(([name]) => name.length))
  return shown
    .map(([name, value]) => `${color.dim(`${name}:`.padEnd(longest + 2))}${clean(value)}`)
    .join('\n')
}

/** `3 min ago`; `never` without a time. */
export function ago(time: string | null | undefined, now = Date.now()): string {
  if (!time) return 'never'
  const seconds = Math.round((now - Date.parse(time)) / 1000)
  if (seconds < 0) return `in ${span(-seconds)}`
  return seconds < 5 ? 'just now' : `${span(seconds)} ago`
}

function span(seconds: number): string {
  if (seconds < 90) return `${seconds} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} days`
}

/** Bytes in the units people read; takes the decimal strings of the API. */
export function bytes(value: string | number): string {
  let amount = Number(value)
  for (const unit of ['B', 'KiB', 'MiB', 'GiB']) {
    if (amount < 1024) return `${unit === 'B' ? amount : amount.toFixed(1)} ${unit}`
    amount /= 1024
  }
  return `${amount.toFixed(1)} TiB`
}

/** A status with its colour; the word always says it too. */
export function status(word: string): string {
  switch (word) {
    case 'connected':
    case 'enforced':
    case 'online':
    case 'open':
    case 'running':
      return color.green(word)
    case 'failed':
    case 'expired':
    case 'exhausted':
    case 'frozen':
      return color.red(word)
    case 'pending':
    case 'disconnected':
    case 'offline':
    case 'checking':
      return color.yellow(word)
    default:
      return word
  }
}
