import type { Command } from 'commander'
import color from 'picocolors'
import { type Context, print } from '../context.ts'
import { clean } from '../output.ts'
import { list, momentInPast, whole } from './options.ts'

interface Field {
  readonly field: string
  readonly before: unknown
  readonly after: unknown
}
interface ObjectDiff {
  readonly kind: string
  readonly id: string
  readonly name: string
  readonly change: string
  readonly fields: readonly Field[]
  readonly commits: number
  readonly by: {
    readonly kind: string
    readonly id: string
    readonly username: string | null
    readonly sequence: string
    readonly reason: string
  }
}
interface AccessDifference {
  readonly sentence: string
  readonly before: { readonly verdict: string }
  readonly after: { readonly verdict: string }
}
interface Moment {
  readonly sequence: string
  readonly time: string | null
}
interface Diff {
  readonly from: Moment
  readonly to: Moment
  readonly compared: readonly string[]
  readonly access: readonly AccessDifference[]
  readonly counts: readonly {
    readonly kind: string
    readonly created: number
    readonly changed: number
    readonly deleted: number
  }[]
  readonly items: readonly ObjectDiff[]
  readonly next_cursor: string | null
  readonly omitted: readonly string[]
}

interface Options {
  readonly from: string
  readonly to?: string
  readonly kind?: readonly string[]
  readonly org?: string
  readonly limit: number
}

/** `diff`: what changed between two moments. */
export function diffCommand(program: Command, context: Context): void {
  program
    .command('diff')
    .description(
      'what differs between two moments: who reaches what, and objects with their fields',
    )
    .requiredOption(
      '--from <sequence-or-time>',
      'the earlier moment: 1042, 2026-04-23T03:00:00Z, or back from now as in 36h, 7d',
      momentInPast,
    )
    .option('--to <sequence-or-time>', 'the later one; now when omitted', momentInPast)
    .option(
      '--kind <list>',
      'only these: peer, rule, interface, …; access for who reaches what',
      list,
    )
    .option('--org <name-or-id>', 'organization; everything you may see when omitted')
    .option('--limit <n>', 'at most so many objects', whole(1, 100_000), 500)
    .addHelpText(
      'after',
      `
Examples:
  holdfast diff --from 24h
  holdfast diff --from 2026-04-23T03:00:00Z --to 2026-04-23T09:00:00Z --kind access
  holdfast diff --from 1042 --kind peer,rule --json`,
    )
    .action(async (options: Options, command: Command) => {
      const diff = await wholeDiff(context, command, options)
      print(context, command, diff, show)
    })
}

/** Page after page, as one. */
async function wholeDiff(context: Context, command: Command, options: Options): Promise<Diff> {
  const { from, to, kind, org, limit } = options
  const ask = (more: { to: string | undefined; cursor?: string; limit: number }) =>
    context.api(command).json<Diff>('/diff', {
      query: { from, kind: kind?.join(','), organization_id: org, ...more },
    })
  const first = await ask({ to, limit: Math.min(limit, 1000) })
  const items = [...first.items]
  let cursor = first.next_cursor
  while (cursor !== null && items.length < limit) {
    // Pages are of one and the same span, whatever happens meanwhile.
    const end = first.to.sequence
    const page = await ask({ to: end, cursor, limit: Math.min(limit - items.length, 1000) })
    items.push(...page.items)
    cursor = page.next_cursor
  }
  return { ...first, items, next_cursor: cursor }
}

const signs = { created: color.green('+'), changed: color.yellow('~'), deleted: color.red('-') }
const signOf = (change: string): string => signs[change as keyof typeof signs] ?? '?'

function show(diff: Diff): string {
  const { access, items, counts, compared, omitted } = diff
  const lines = [color.dim(`from ${when(diff.from)} to ${when(diff.to)}`)]
  if (compared.includes('access')) {
    lines.push('', color.bold('access'))
    for (const one of access) lines.push(`  ${accessSign(one)} ${clean(one.sentence)}`)
    if (access.length === 0) lines.push('  no packet fares differently')
  }
  if (compared.includes('objects')) {
    lines.push('', color.bold('objects'))
    if (items.length === 0) lines.push('  nothing differs')
    else lines.push(`  ${counts.map(total).join('; ')}`)
    for (const object of items) lines.push(...shown(object))
    if (diff.next_cursor !== null) lines.push('  … and more: raise --limit, or name a --kind')
  }
  if (omitted.length > 0) {
    lines.push('', color.bold('not in this answer'))
    for (const what of omitted) lines.push(`  ${clean(what)}`)
  }
  if (access.length + items.length === 0 && omitted.length === 0) {
    lines.push('', 'Look further back with --from 7d, or list what was done: holdfast audit list')
  }
  return lines.join('\n')
}

const when = ({ sequence, time }: Moment): string => `${sequence}${time ? ` (${time})` : ''}`

function accessSign({ before, after }: AccessDifference): string {
  if (after.verdict === 'drop') return color.red('-')
  return before.verdict === 'drop' ? color.green('+') : color.yellow('~')
}

const total = (count: Diff['counts'][number]): string => {
  const parts = (['created', 'changed', 'deleted'] as const).flatMap((change) =>
    count[change] > 0 ? `${count[change]} ${change}` : [],
  )
  return clean(`${count.kind}: ${parts.join(', ')}`)
}

function shown(object: ObjectDiff): readonly string[] {
  const { by, commits, change } = object
  const changes = commits > 1 ? `, ${commits} changes` : ''
  const why = by.reason ? `: ${by.reason}` : ''
  const who = color.dim(
    clean(`by ${by.username ?? `${by.kind} ${by.id}`} at ${by.sequence}${changes}${why}`),
  )
  const head = `  ${signOf(change)} ${clean(`${object.kind} ${object.name || object.id}`)}  ${who}`
  if (change !== 'changed') return [head]
  return [
    head,
    ...object.fields.map(
      ({ field, before, after }) => `      ${clean(`${field} ${word(before)} → ${word(after)}`)}`,
    ),
  ]
}

const longest = 60
function word(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  const text = typeof value === 'string' ? value || '""' : JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}
