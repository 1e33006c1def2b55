import color from 'picocolors'
import { ago, clean, fields, status, table } from '../output.ts'

// Answers of /restores and /undo, and how people read them.

interface Actor {
  readonly kind: string
  readonly id: string
  readonly username: string | null
}
export interface Point {
  readonly sequence: string
  readonly before_sequence: string
  readonly time: string
  readonly kind: string
  readonly label: string
  readonly actor: Actor
  readonly reason: string
  readonly holds_sequence: string | null
}
export interface PointDetails {
  readonly point: Point
  readonly counts: readonly { readonly kind: string; readonly count: number }[]
  readonly is_cut: boolean
  readonly around: readonly Point[]
  readonly head_sequence: string
}
export interface Verification {
  readonly sequence: string
  readonly is_good: boolean
  readonly findings: readonly string[]
  readonly commits: string
  readonly checkpoint_size: string
  readonly root: string
  readonly archive_key_fingerprint: string
  readonly key_fingerprint: string
  readonly keys_open: boolean
  readonly took_ms: number
}
export interface Counts {
  readonly create: number
  readonly update: number
  readonly delete: number
  readonly blocked: number
}
export interface Change {
  readonly service: string
  readonly kind: string
  readonly id: string
  readonly name: string
  readonly change: string
  readonly fields: readonly {
    readonly field: string
    readonly before: unknown
    readonly after: unknown
  }[]
  readonly reason: string
}
export interface Plan {
  readonly id: string
  readonly status: string
  readonly to_sequence: string
  readonly to_time: string | null
  readonly head_sequence: string
  readonly only: readonly string[]
  readonly organization_id: string | null
  readonly counts: Counts
  readonly kinds: readonly { readonly kind: string; readonly counts: Counts }[]
  readonly hosts: readonly {
    readonly node_id: string
    readonly name: string
    readonly changes: number
  }[]
  readonly warnings: readonly { readonly code: string; readonly detail: string }[]
  readonly estimated_ms: number
  readonly is_estimate_measured: boolean
  readonly undoes: string | null
  readonly expires_at: string
  readonly failure_code: string
  readonly failure_detail: string
}
export interface Restore {
  readonly id: string
  readonly status: string
  readonly to_sequence: string
  readonly only: readonly string[]
  readonly reason: string
  readonly actor: Actor
  readonly undoes: string | null
  readonly undone_by: string | null
  readonly rollback_sequence: string | null
  readonly is_without_rollback: boolean
  readonly rollback_kept_until: string | null
  readonly progress: number
  readonly step: string
  readonly counts: Counts
  readonly blocked: readonly Change[]
  readonly created_at: string
  readonly ended_at: string | null
  readonly failure_code: string
  readonly failure_detail: string
  readonly is_rolled_back: boolean
  readonly trouble: string
}
export interface Undo {
  readonly sequence: string | null
  readonly commit: Point
  readonly changes: readonly Change[]
  readonly conflicts: readonly {
    readonly kind: string
    readonly id: string
    readonly name: string
    readonly field: string
    readonly before: unknown
    readonly made: unknown
    readonly now: unknown
    readonly by_sequence: string | null
    readonly by: Actor
  }[]
}

const who = ({ kind, id, username }: Actor): string => username ?? (id ? `${kind} ${id}` : '')

export const points = (rows: readonly Point[]): string =>
  table(rows, [
    { title: 'SEQUENCE', value: (p) => p.sequence },
    { title: 'WHEN', value: (p) => ago(p.time) },
    { title: 'WHAT', value: (p) => p.label },
    { title: 'BY', value: (p) => who(p.actor) },
    { title: 'WHY', value: (p) => p.reason },
  ])

export function pointDetails({
  point,
  counts,
  around,
  head_sequence,
  is_cut,
}: PointDetails): string {
  return [
    fields([
      ['sequence', `${point.sequence} of ${head_sequence}`],
      ['time', point.time],
      ['what', point.label],
      ['by', who(point.actor)],
      ['why', point.reason],
      ['holds up to', point.holds_sequence ?? undefined],
    ]),
    '',
    color.bold('right after it there were'),
    counts.length === 0
      ? '  nothing yet'
      : `  ${counts.map(({ kind, count }) => clean(`${count} ${kind}`)).join(', ')}${is_cut ? ', and more' : ''}`,
    '',
    color.bold('around it'),
    points(around),
    '',
    `Go back to just before it: holdfast restore plan --before ${point.sequence}`,
  ].join('\n')
}

export const verification = (found: Verification): string =>
  [
    found.is_good ? color.green('good') : color.red('not good'),
    ...found.findings.map((finding) => `  ${color.red('✗')} ${clean(finding)}`),
    fields([
      ['commits', found.commits],
      ['checkpoint', found.checkpoint_size === '0' ? 'none yet' : found.checkpoint_size],
      ['root', found.root],
      ['archive key', found.archive_key_fingerprint],
      ['key here', found.key_fingerprint],
      ['keys open', found.keys_open ? 'yes' : 'no'],
      ['took', `${found.took_ms} ms`],
    ]),
  ].join('\n')

const countsOf = (counts: Counts): string => {
  const named = [
    [counts.create, 'back'],
    [counts.update, 'changed'],
    [counts.delete, 'gone'],
    [counts.blocked, 'blocked'],
  ] as const
  const said = named.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`)
  return said.length === 0 ? 'nothing' : said.join(', ')
}

const signs: Readonly<Record<string, string>> = {
  create: color.green('+'),
  update: color.yellow('~'),
  delete: color.red('-'),
  blocked: color.red('!'),
}
const longest = 60
function word(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  const text = typeof value === 'string' ? value || '""' : JSON.stringify(value)
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

export const changeLines = (changes: readonly Change[]): readonly string[] =>
  changes.flatMap((change) => {
    const why = change.reason === '' ? '' : `  ${color.dim(clean(change.reason))}`
    const head = `  ${signs[change.change] ?? '?'} ${clean(`${change.kind} ${change.name || change.id}`)}${why}`
    if (change.change !== 'update') return [head]
    return [
      head,
      ...change.fields.map(
        ({ field, before, after }) => `      ${clean(`${field} ${word(before)} → ${word(after)}`)}`,
      ),
    ]
  })

export function planText(plan: Plan, changes: readonly Change[], isWhole: boolean): string {
  const lines = [
    fields([
      ['plan', plan.id],
      ['to', `${plan.to_sequence}${plan.to_time ? ` (${plan.to_time})` : ''}`],
      ['from', plan.head_sequence],
      ['only', plan.only.join(', ')],
      ['organization', plan.organization_id ?? undefined],
      ['undoes', plan.undoes ?? undefined],
      ['objects', countsOf(plan.counts)],
      ['hosts', plan.hosts.map(({ name, node_id }) => name || node_id).join(', ')],
      [
        'takes about',
        `${(plan.estimated_ms / 1000).toFixed(1)} s${plan.is_estimate_measured ? '' : ' (not measured here yet)'}`,
      ],
    ]),
  ]
  for (const { detail } of plan.warnings) lines.push(`${color.yellow('!')} ${clean(detail)}`)
  if (plan.kinds.length > 0) {
    lines.push('', color.bold('by kind'))
    for (const { kind, counts } of plan.kinds) lines.push(`  ${clean(kind)}: ${countsOf(counts)}`)
  }
  if (changes.length > 0) lines.push('', color.bold('changes'), ...changeLines(changes))
  if (!isWhole) lines.push('  … and more: raise --limit')
  return lines.join('\n')
}

export const restoreText = (one: Restore): string =>
  [
    fields([
      ['restore', one.id],
      ['state', status(one.status)],
      ['to', one.to_sequence],
      ['only', one.only.join(', ')],
      ['by', who(one.actor)],
      ['why', one.reason],
      ['progress', one.ended_at ? undefined : `${one.progress} %  ${one.step}`],
      ['trouble', one.trouble],
      ['objects', countsOf(one.counts)],
      [
        'rollback point',
        one.rollback_sequence
          ? `${one.rollback_sequence}${one.is_without_rollback ? ' (without a checkpoint)' : ''}`
          : undefined,
      ],
      ['kept until', one.rollback_kept_until ?? undefined],
      ['undoes', one.undoes ?? undefined],
      ['undone by', one.undone_by ?? undefined],
      ['failed', one.failure_code ? `${one.failure_code}: ${one.failure_detail}` : undefined],
      ['put back', one.is_rolled_back ? 'yes, everything is as before' : undefined],
    ]),
    ...(one.blocked.length > 0
      ? ['', color.bold('could not be brought back'), ...changeLines(one.blocked)]
      : []),
    ...(one.status === 'completed' && !one.undone_by
      ? ['', `Undo it: holdfast restore undo ${one.id}`]
      : []),
  ].join('\n')

export const restoreTable = (rows: readonly Restore[]): string =>
  table(rows, [
    { title: 'WHEN', value: (r) => ago(r.created_at) },
    { title: 'STATE', value: (r) => status(r.status) },
    { title: 'TO', value: (r) => r.to_sequence },
    { title: 'OBJECTS', value: (r) => countsOf(r.counts) },
    { title: 'BY', value: (r) => who(r.actor) },
    { title: 'WHY', value: (r) => r.reason },
    { title: 'ID', value: (r) => r.id },
  ])

export function undoText(undo: Undo, isDryRun: boolean): string {
  const { commit, changes, conflicts, sequence } = undo
  const lines = [clean(`${commit.sequence}: ${commit.label}, by ${who(commit.actor)}`)]
  if (conflicts.length > 0) {
    lines.push('', color.bold('cannot be undone: changed since'))
    for (const one of conflicts) {
      const by = one.by_sequence
        ? `  ${color.dim(clean(`by ${who(one.by)} at ${one.by_sequence}`))}`
        : ''
      lines.push(
        `  ${clean(`${one.kind} ${one.name || one.id}: ${one.field} ${word(one.before)} → ${word(one.made)}, now ${word(one.now)}`)}${by}`,
      )
    }
    return lines.join('\n')
  }
  if (changes.length === 0) lines.push('', 'Nothing of it is left to take back.')
  else lines.push('', color.bold(isDryRun ? 'would change' : 'changed'), ...changeLines(changes))
  if (sequence) lines.push('', `Undone by ${sequence}; undo that to have it again.`)
  return lines.join('\n')
}
