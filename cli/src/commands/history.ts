import type { Command } from 'commander'
import color from 'picocolors'
import { type Context, print, printList } from '../context.ts'
import { clean, fields, table } from '../output.ts'
import { segment, whole } from './options.ts'

interface Target {
  readonly kind: string
  readonly id: string
  readonly name: string
}

interface Authorship {
  readonly sequence: string
  readonly time: string
  readonly actor: { readonly kind: string; readonly id: string; readonly username: string | null }
  readonly reason: string
}

export interface Version {
  readonly number: string
  readonly change: string
  readonly action: string
  readonly by: Authorship
  readonly fields: readonly {
    readonly field: string
    readonly before: unknown
    readonly after: unknown
  }[]
}

export interface Blame {
  readonly target: Target
  readonly organization_id: string | null
  readonly is_deleted: boolean
  readonly fields: readonly {
    readonly field: string
    readonly value: unknown
    readonly previous: unknown
    readonly by: Authorship
  }[]
}

const kindOption = [
  '--kind <word>',
  'what it is, where the name is that of several: peer, interface, rule, node, user, …',
] as const

/** As people read it: text bare, lists with commas, nothing as a dash. */
export function valueText(value: unknown): string {
  if (value === null || value === '') return '-'
  if (typeof value === 'string') return value
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(valueText).join(', ')
  return JSON.stringify(value)
}

const who = ({ actor }: Authorship): string =>
  actor.username ?? (actor.kind === 'user' ? actor.id : `${actor.kind} ${actor.id}`)

const second = (time: string): string => time.replace(/\.\d+Z$/, 'Z')

const signs: Readonly<Record<string, (text: string) => string>> = {
  created: color.green,
  deleted: color.red,
}

/** One commit of a timeline, with the fields it changed below it. */
export function showVersion({ number, change, action, by, fields: changed }: Version): string {
  const head = `${color.yellow(`#${number}`)}  ${second(by.time)}  ${(signs[change] ?? String)(change)} by ${clean(who(by))}  ${color.dim(`${action}, sequence ${by.sequence}`)}`
  const why = by.reason === '' ? [] : [`    ${color.dim('why:')} ${clean(by.reason)}`]
  const lines = changed.map(({ field, before, after }) => {
    const is = clean(valueText(after))
    return change === 'created'
      ? `    ${clean(field)}: ${is}`
      : `    ${clean(field)}: ${clean(valueText(before))} → ${is}`
  })
  // A deletion takes every field with it; saying so of each tells nobody anything.
  return [head, ...why, ...(change === 'deleted' ? [] : lines)].join('\n')
}

export const showBlame = (blame: Blame): string =>
  [
    fields([
      [blame.target.kind, blame.target.name || blame.target.id],
      ['id', blame.target.id],
      ['state', blame.is_deleted ? 'deleted; these are its last fields' : undefined],
    ]),
    '',
    table(blame.fields, [
      { title: 'SEQUENCE', value: ({ by }) => by.sequence },
      { title: 'WHEN', value: ({ by }) => second(by.time) },
      { title: 'WHO', value: ({ by }) => who(by) },
      { title: 'FIELD', value: ({ field }) => field },
      { title: 'VALUE', value: ({ value }) => short(valueText(value)) },
      { title: 'WHY', value: ({ by }) => by.reason },
    ]),
  ].join('\n')

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 59)}…` : text)

/** `history` and `blame`: what became of one object. */
export function historyCommands(program: Command, context: Context): void {
  program
    .command('history <name-or-id>')
    .description('what became of an object, newest first: every change, by whom and why')
    .option(...kindOption)
    .option('--limit <n>', 'at most so many changes', whole(1, 100_000))
    .action(async (object: string, options: { kind?: string }, command: Command) => {
      const path = `/history/${segment(object)}`
      await printList(
        context,
        command,
        context.api(command).items<Version>(path, { kind: options.kind }),
        (versions) => versions.map(showVersion).join('\n'),
        'Nothing became of it yet.',
      )
    })

  program
    .command('blame <name-or-id>')
    .description('every field of an object: its value, who gave it, when and why')
    .option(...kindOption)
    .action(async (object: string, options: { kind?: string }, command: Command) => {
      const query = { kind: options.kind }
      const path = `/blame/${segment(object)}`
      const blame = await context.api(command).json<Blame>(path, { query })
      print(context, command, blame, showBlame)
    })
}
