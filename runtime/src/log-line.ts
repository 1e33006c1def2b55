const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
export type Level = (typeof levels)[number]

export interface LogLine {
  readonly time: number
  readonly level: Level
  readonly name: string
  readonly msg: string
  readonly fields: Readonly<Record<string, unknown>>
}

const rank = (level: Level): number => levels.indexOf(level)
/** Whether `level` is as grave as `floor` or graver. */
export const isAtLeast = (level: Level, floor: Level): boolean => rank(level) >= rank(floor)

/** pino's numbers. */
const byNumber = (value: number): Level =>
  levels[Math.min(5, Math.max(0, value / 10 - 1)) | 0] ?? 'info'
const isLevel = (value: unknown): value is Level => levels.some((level) => level === value)

/** One line of a child's output: pino's JSON as it is, anything else as text. */
export function parseLine(name: string, text: string, now: number): LogLine {
  if (text.startsWith('{')) {
    try {
      const { level, time, msg, name: _, service: __, ...fields } = JSON.parse(text)
      return {
        name,
        level: typeof level === 'number' ? byNumber(level) : isLevel(level) ? level : 'info',
        time: typeof time === 'number' ? time : Date.parse(String(time)) || now,
        msg: String(msg ?? ''),
        fields,
      }
    } catch {
      // Only looked like JSON.
    }
  }
  const msg = text.replace(natsPrefix, '').trimEnd()
  return { name, level: textLevel(text), time: now, msg, fields: {} }
}

/** Process, time and level, which the line has in fields of its own. */
const natsPrefix = /^\[\d+\] \d{4}\/\d\d\/\d\d [\d:.]+ \[[A-Z]{3}\] /

/** The words Postgres and nats-server begin their lines with. */
function textLevel(text: string): Level {
  if (/\b(PANIC|FATAL)\b|\[FTL\]/.test(text)) return 'error'
  if (/\bERROR\b|\[ERR\]|^\s*(\w*Error|Uncaught)\b/.test(text)) return 'error'
  if (/\bWARNING\b|\[WRN\]/.test(text)) return 'warn'
  if (/\[(DBG|TRC)\]|\bDEBUG\d?\b/.test(text)) return 'debug'
  return 'info'
}

/** The line as the log file has it: one JSON object. */
export const toJson = ({ time, level, name, msg, fields }: LogLine): string =>
  `${JSON.stringify({ time: new Date(time).toISOString(), level, name, msg, ...fields })}\n`

const colours: Readonly<Record<Level, string>> = {
  trace: '2',
  debug: '2',
  info: '0',
  warn: '33',
  error: '31',
  fatal: '31;1',
}

/** The line as a person reads it. */
export function toText({ time, level, name, msg, fields }: LogLine, isColoured: boolean): string {
  const clock = new Date(time).toTimeString().slice(0, 8)
  const rest = Object.entries(fields)
    .map(([key, value]) => `${key}=${brief(value)}`)
    .join(' ')
  const word = isColoured ? `\x1b[${colours[level]}m${level.padEnd(5)}\x1b[0m` : level.padEnd(5)
  return `${clock} ${name.padEnd(10)} ${word} ${msg}${rest ? ` ${rest}` : ''}`
}

function brief(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value)
    return String(value.message)
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
