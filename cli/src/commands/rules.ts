import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { type Context, print, printList } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import type { Rule, RuleChange } from '../model.ts'
import { ago, bytes, fields, status, table } from '../output.ts'
import { changes, given, listOptions, segment, whole } from './options.ts'
import { ruleChangeCommands } from './rule-changes.ts'
import { actionOf, bodyOf, matchOf, type RuleOptions, ruleOptions } from './rule-options.ts'
import { ruleQuestionCommands } from './rule-questions.ts'

const state = (r: Rule): string =>
  r.active
    ? `${status(r.enforcement.state)} ${r.enforcement.enforced}/${r.enforcement.nodes}`
    : 'off'

const columns = [
  { title: '#', value: (r: Rule) => `${r.position}` },
  { title: 'PRIORITY', value: (r: Rule) => `${r.priority}` },
  { title: 'NAME', value: (r: Rule) => r.name },
  { title: 'ACTION', value: actionOf },
  { title: 'DIRECTION', value: (r: Rule) => r.direction },
  { title: 'MATCH', value: matchOf },
  { title: 'WHERE', value: (r: Rule) => r.target.kind },
  { title: 'STATE', value: state },
]
const counterColumns = [
  { title: 'NAME', value: (r: Rule) => r.name },
  { title: 'PACKETS IN', value: (r: Rule) => r.counters?.ingress_packets ?? '0' },
  { title: 'BYTES IN', value: (r: Rule) => bytes(r.counters?.ingress_bytes ?? 0) },
  { title: 'PACKETS OUT', value: (r: Rule) => r.counters?.egress_packets ?? '0' },
  { title: 'BYTES OUT', value: (r: Rule) => bytes(r.counters?.egress_bytes ?? 0) },
  { title: 'LIMITED', value: (r: Rule) => r.counters?.limited_packets ?? '0' },
  { title: 'PER SECOND', value: (r: Rule) => (r.counters?.packets_per_second ?? 0).toFixed(1) },
  { title: 'LAST HIT', value: (r: Rule) => ago(r.counters?.last_hit_at) },
]

const show = (r: Rule): string =>
  [
    fields([
      ['name', r.name],
      ['id', r.id],
      ['position', `${r.position} (priority ${r.priority})`],
      ['action', actionOf(r)],
      ['match', `${r.direction}: ${matchOf(r)}`],
      ['where', r.target.id ? `${r.target.kind} ${r.target.id}` : r.target.kind],
      ['rate', r.rate_pps ? `${r.rate_pps}/s, burst ${r.rate_burst}, a ${r.rate_scope}` : ''],
      ['recorded', r.log || r.action === 'log' ? 'yes' : ''],
      ['expires', r.expires_at ? `${r.expires_at} (${ago(r.expires_at)})` : ''],
      ['tags', r.tags.join(', ')],
      ['description', r.description],
      ['state', state(r)],
      ['last change', `${ago(r.updated_at)} by ${r.updated_by.kind} ${r.updated_by.id}`],
      ['last hit', r.counters ? ago(r.counters.last_hit_at) : ''],
    ]),
    ...r.enforcement.troubles.map(({ node_name, reason }) => `  not on ${node_name}: ${reason}`),
  ].join('\n')

const historyColumns = [
  { title: 'SEQUENCE', value: (c: RuleChange) => c.sequence },
  { title: 'WHEN', value: (c: RuleChange) => c.time },
  { title: 'RULE', value: (c: RuleChange) => c.rule_name },
  { title: 'WHAT', value: (c: RuleChange) => c.kind },
  {
    title: 'FIELDS',
    value: (c: RuleChange) =>
      c.kind === 'updated'
        ? c.fields.map((f) => `${f.field} ${word(f.before)} → ${word(f.after)}`).join(', ')
        : '',
  },
  { title: 'BY', value: (c: RuleChange) => `${c.actor.kind} ${c.actor.id}` },
  { title: 'WHY', value: (c: RuleChange) => [c.change_set, c.reason].filter(Boolean).join(': ') },
]
const word = (value: unknown): string => (value === null ? 'none' : String(value))

const organization = (command: Command): Command =>
  command.option('--org <name-or-id>', 'organization; the only one when omitted')
const draft = (command: Command): Command =>
  command.option('--draft <id>', 'stage it in this draft instead of applying it')

interface Place {
  org?: string
  draft?: string
}
const placeOf = ({ org, draft }: Place) => ({ organization: org, change_set: draft })

/** `rule …`: the firewall. */
export function ruleCommands(program: Command, context: Context): void {
  const group = program
    .command('rule')
    .description('the firewall: rules, drafts, questions about them')

  organization(
    listOptions(
      group.command('list').alias('ls').description('list rules in the order of evaluation'),
    ),
  )
    .option('--tag <word>', 'with this tag')
    .option('--action <word>', 'allow, deny, rate_limit or log')
    .option('--node <name-or-id>', 'that hold on this node')
    .option('--counters', 'with hits')
    .option('--at <sequence-or-time>', 'as of then')
    .action(
      async (
        options: Place & {
          query?: string
          tag?: string
          action?: string
          node?: string
          counters?: boolean
          at?: string
        },
        command: Command,
      ) => {
        const query = {
          organization_id: options.org,
          q: options.query,
          tag: options.tag,
          action: options.action,
          node: options.node,
          counters: options.counters,
          at: options.at,
        }
        const items = context.api(command).items<Rule>('/rules', query)
        const empty =
          'No rules: every packet gets the default verdict of its interface. ' +
          'Create one: holdfast rule create --name <name> --action deny --src <cidr>'
        const shown = options.counters ? counterColumns : columns
        await printList(context, command, items, (rows) => table(rows, shown), empty)
      },
    )

  organization(group.command('get <name-or-id>').description('show one rule'))
    .option('--at <sequence-or-time>', 'as of then')
    .action(async (name: string, options: Place & { at?: string }, command: Command) => {
      const query = { organization: options.org, at: options.at, counters: true }
      const found = await context.api(command).json<Rule>(`/rules/${segment(name)}`, { query })
      print(context, command, found, show)
    })

  draft(
    organization(
      ruleOptions(
        group
          .command('create')
          .description('create a rule; it takes effect at once')
          .requiredOption('--name <name>', 'unique in the organization')
          .requiredOption('--action <word>', 'allow, deny, rate_limit or log')
          .option('--inactive', 'create it switched off'),
      ),
    ),
  ).action(async (options: RuleOptions & Place & { inactive?: boolean }, command: Command) => {
    const body = { ...bodyOf(options), ...(options.inactive ? { active: false } : {}) }
    const made = await context
      .api(command)
      .json<Rule>('/rules', { method: 'POST', body, query: placeOf(options) })
    warn(context, made)
    print(context, command, made, (r) =>
      options.draft
        ? `Staged rule ${r.name}. Apply the draft: holdfast rule apply ${options.draft}`
        : `Created rule ${r.name} at place ${r.position}.`,
    )
  })

  draft(
    organization(
      ruleOptions(
        group
          .command('update <name-or-id>')
          .description('change what is named of a rule')
          .option('--name <name>', 'a new name')
          .option('--action <word>', 'allow, deny, rate_limit or log')
          .option('--never-expires', 'take the expiry away')
          .option('--everywhere', 'for every interface and uplink'),
      ),
    ),
  ).action(
    async (
      name: string,
      options: RuleOptions & Place & { neverExpires?: boolean; everywhere?: boolean },
      command: Command,
    ) => {
      const body = changes({
        ...bodyOf(options),
        ...(options.neverExpires ? { expires_at: null } : {}),
        ...(options.everywhere ? { target: { kind: 'everything' } } : {}),
      })
      const path = `/rules/${segment(name)}`
      const made = await context
        .api(command)
        .json<Rule>(path, { method: 'PATCH', body, query: placeOf(options) })
      warn(context, made)
      print(context, command, made, (r) => `Updated rule ${r.name}.`)
    },
  )

  for (const [verb, active, what] of [
    ['enable', true, 'switch a rule on'],
    ['disable', false, 'switch a rule off'],
    ['toggle', undefined, 'switch a rule on or off'],
  ] as const) {
    draft(organization(group.command(`${verb} <name-or-id>`).description(what))).action(
      async (name: string, options: Place, command: Command) => {
        const made = await context.api(command).json<Rule>(`/rules/${segment(name)}/toggle`, {
          method: 'POST',
          body: given({ active }),
          query: placeOf(options),
        })
        print(context, command, made, (r) => `Rule ${r.name} is ${r.active ? 'on' : 'off'}.`)
      },
    )
  }

  draft(
    organization(group.command('delete <name-or-id>').alias('rm').description('delete a rule')),
  ).action(async (name: string, options: Place, command: Command) => {
    await context
      .api(command)
      .json(`/rules/${segment(name)}`, { method: 'DELETE', query: placeOf(options) })
    print(context, command, { deleted: name }, () => `Deleted rule ${name}.`)
  })

  organization(
    group
      .command('import <file>')
      .description(
        'many rules from a JSON file (or -) as one change: an array, or what `rule list --json` prints',
      )
      .option('--mode <word>', 'add, merge or replace', 'add')
      .option('--dry-run', 'only say what would happen')
      .option(
        '--confirm-within <seconds>',
        'hosts go back unless it is confirmed',
        whole(10, 3600),
      ),
  ).action(
    async (
      file: string,
      options: Place & { mode: string; dryRun?: boolean; confirmWithin?: number },
      command: Command,
    ) => {
      const body = given({
        organization: options.org,
        mode: options.mode,
        rules: rulesOf(await read(context, file)),
        dry_run: options.dryRun,
        confirm_within_seconds: options.confirmWithin,
      })
      const done = await context
        .api(command)
        .json<Imported>('/rules/import', { method: 'POST', body })
      warn(context, done)
      print(
        context,
        command,
        done,
        (d) =>
          `${options.dryRun ? 'Would be' : 'Imported'}: ${d.created} created, ${d.updated} updated, ${d.deleted} deleted, ${d.unchanged} unchanged.`,
      )
    },
  )

  organization(
    listOptions(
      group
        .command('history [name-or-id]')
        .alias('blame')
        .description('who changed which field, when and why'),
    ),
  ).action(async (name: string | undefined, options: Place, command: Command) => {
    const path = name === undefined ? '/rule-changes' : `/rules/${segment(name)}/history`
    const query =
      name === undefined ? { organization_id: options.org } : { organization: options.org }
    const items = context.api(command).items<RuleChange>(path, query)
    await printList(
      context,
      command,
      items,
      (rows) => table(rows, historyColumns),
      'Nothing has changed yet.',
    )
  })

  organization(
    group
      .command('undo <sequence>')
      .description('take one change back and keep the later ones (rule history lists them)'),
  ).action(async (sequence: string, options: Place, command: Command) => {
    const body = given({ sequence, organization: options.org })
    const done = await context.api(command).json<Imported>('/rules/undo', { method: 'POST', body })
    print(
      context,
      command,
      done,
      (d) => `Undone: ${d.created} back, ${d.updated} as before, ${d.deleted} gone again.`,
    )
  })

  ruleChangeCommands(group, context)
  ruleQuestionCommands(group, context)
}

interface Imported {
  readonly created: number
  readonly updated: number
  readonly deleted: number
  readonly unchanged: number
  readonly warnings?: readonly string[]
}

function warn(context: Context, answer: { readonly warnings?: readonly string[] }): void {
  for (const warning of answer.warnings ?? []) context.out.note(`note: ${warning}`)
}

async function read(context: Context, file: string): Promise<string> {
  try {
    return file === '-' ? await context.ask.stdin() : readFileSync(file, 'utf8')
  } catch (error) {
    throw new CliError(`cannot read ${file}: ${(error as Error).message}`, exitCodes.failed)
  }
}

/** Fields of a listed rule that a request does not take. */
const derived = new Set([
  'id',
  'organization_id',
  'position',
  'created_at',
  'updated_at',
  'updated_by',
  'enforcement',
  'counters',
  'revision',
  'warnings',
])

/** Rules from a file: what a list printed can be imported as it is. */
function rulesOf(text: string): unknown[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new CliError(`not JSON: ${(error as Error).message}`, exitCodes.failed)
  }
  const list = Array.isArray(value) ? value : (value as { items?: unknown } | null)?.items
  if (!Array.isArray(list)) {
    throw new CliError('an array of rules is needed, or an object with items', exitCodes.failed)
  }
  return list.map((rule: unknown) => {
    if (typeof rule !== 'object' || rule === null) return rule
    const kept = Object.entries(rule).filter(([key, value]) => !derived.has(key) && value !== null)
    const target = kept.find(([key]) => key === 'target')
    if (target) target[1] = given(withoutNulls(target[1]))
    return Object.fromEntries(kept)
  })
}

const withoutNulls = (value: unknown): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries((value ?? {}) as Record<string, unknown>).filter(([, one]) => one !== null),
  )
