import { type Command, InvalidArgumentError } from 'commander'
import { CliError, exitCodes } from '../exit.ts'

/** A whole number within a range, refused with the range otherwise. */
export const whole =
  (min: number, max: number) =>
  (text: string): number => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`a whole number from ${min} to ${max} is needed.`)
    }
    return value
  }

/** `a,b` and repeated options alike. */
export const list = (text: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  ...text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
]

const units = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** `36h`, `7d` in ms; undefined for anything else. */
function spanMs(text: string): number | undefined {
  const span = /^(\d+)([mhdw])$/.exec(text)
  return span ? Number(span[1]) * units[span[2] as keyof typeof units] : undefined // the pattern allows no other
}

function rfc3339(text: string): string {
  const time = Date.parse(text)
  if (Number.isNaN(time))
    throw new InvalidArgumentError('write 2026-12-31T18:00:00Z, or a span from now such as 7d.')
  return new Date(time).toISOString()
}

/** A moment: RFC 3339, or from now on as in `36h`, `7d`. */
export function moment(text: string): string {
  const span = spanMs(text)
  return span === undefined ? rfc3339(text) : new Date(Date.now() + span).toISOString()
}

/** A moment: RFC 3339, or back from now as in `90m`, `36h`, `7d`. */
export function pastMoment(text: string): string {
  const span = spanMs(text)
  return span === undefined ? rfc3339(text) : new Date(Date.now() - span).toISOString()
}

/** A log sequence, or a moment as `pastMoment` takes it. */
export const momentInPast = (text: string): string =>
  /^[1-9][0-9]{0,15}$/.test(text) ? text : pastMoment(text)

/** The options every list takes. */
export const listOptions = (command: Command): Command =>
  command
    .option('--limit <n>', 'at most so many', whole(1, 100_000))
    .option('-q, --query <text>', 'only those that contain the text')

/** Leaves out what was not given, so that the server's defaults hold. */
export const given = (body: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))

/** The body of an update. Throws wrong usage when no option names anything to change. */
export function changes(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const named = given(body)
  if (Object.keys(named).length > 0) return named
  throw new CliError('name something to change: --help lists the options', exitCodes.usage)
}

/** A name or id as a path segment. */
export const segment = (text: string): string => encodeURIComponent(text)

/** How bad an alert is, the least first. */
export const severityWords = ['info', 'warning', 'error', 'critical'] as const
