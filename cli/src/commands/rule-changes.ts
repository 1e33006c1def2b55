import type { Command } from 'commander'
import { type Context, print, printList } from '../context.ts'
import type { NodeTrouble, RuleSettings } from '../model.ts'
import { ago, fields, table } from '../output.ts'
import { given, listOptions, segment, whole } from './options.ts'
import { actionOf, matchOf } from './rule-options.ts'

interface Draft {
  readonly id: string
  readonly name: string
  readonly opened_at: string
  readonly operations: readonly {
    readonly kind: string
    readonly rule_name: string
    readonly rule: RuleSettings | null
  }[]
}

interface Applied {
  readonly apply_id: string
  readonly confirm_until: string | null
  readonly created: number
  readonly updated: number
  readonly deleted: number
}

interface RuleSet {
  readonly rule_count: number
  readonly sequence: string
  readonly allow_lockout: boolean
  readonly implicit: readonly { readonly name: string; readonly description: string }[]
  readonly pending: {
    readonly apply_id: string
    readonly name: string
    readonly confirm_until: string | null
    readonly nodes: number
    readonly missing: readonly NodeTrouble[]
  } | null
}

interface Place {
  org?: string
}
const organization = (command: Command): Command =>
  command.option('--org <name-or-id>', 'organization; the only one when omitted')

const showDraft = (draft: Draft): string =>
  [
    fields([
      ['name', draft.name],
      ['id', draft.id],
      ['opened', ago(draft.opened_at)],
    ]),
    ...draft.operations.map(({ kind, rule_name, rule }) =>
      rule
        ? `  ${kind} ${rule.name}: ${actionOf(rule)}, ${rule.direction}, ${matchOf(rule)}`
        : `  ${kind} ${rule_name}`,
    ),
    ...(draft.operations.length === 0
      ? [`  nothing staged yet: holdfast rule create … --draft ${draft.id}`]
      : []),
  ].join('\n')

const showSet = (set: RuleSet): string =>
  [
    fields([
      ['rules', `${set.rule_count}`],
      ['last change', `sequence ${set.sequence}`],
      ['lockout', set.allow_lockout ? 'allowed: hosts may cut themselves off' : 'prevented by:'],
    ]),
    ...set.implicit.map(({ name, description }) => `  ${name}: ${description}`),
    ...(set.pending
      ? [
          `waiting for confirmation until ${set.pending.confirm_until}: ${set.pending.name || set.pending.apply_id}`,
          ...set.pending.missing.map(
            ({ node_name, reason }) => `  not yet on ${node_name}: ${reason}`,
          ),
          '  keep it: holdfast rule confirm   take it back: holdfast rule revert',
        ]
      : []),
  ].join('\n')

/** Drafts, and changes that hosts take back by themselves. */
export function ruleChangeCommands(group: Command, context: Context): void {
  const drafts = group.command('draft').description('changes that do nothing until applied')

  organization(
    drafts.command('open <name>').description('open an empty draft and print its id'),
  ).action(async (name: string, options: Place, command: Command) => {
    const body = given({ name, organization: options.org })
    const draft = await context.api(command).json<Draft>('/change-sets', { method: 'POST', body })
    print(
      context,
      command,
      draft,
      (d) => `Opened draft ${d.id}. Stage with --draft ${d.id}, then holdfast rule apply ${d.id}`,
    )
  })
  organization(
    listOptions(drafts.command('list').alias('ls').description('list open drafts')),
  ).action(async (options: Place, command: Command) => {
    const items = context
      .api(command)
      .items<Draft>('/change-sets', { organization_id: options.org, limit: undefined })
    const columns = [
      { title: 'NAME', value: (d: Draft) => d.name },
      { title: 'CHANGES', value: (d: Draft) => `${d.operations.length}` },
      { title: 'OPENED', value: (d: Draft) => ago(d.opened_at) },
      { title: 'ID', value: (d: Draft) => d.id },
    ]
    const empty = 'No drafts. Open one: holdfast rule draft open <name>'
    await printList(context, command, items, (rows) => table(rows, columns), empty)
  })
  drafts
    .command('get <id>')
    .description('show a draft')
    .action(async (id: string, _options, command: Command) => {
      const draft = await context.api(command).json<Draft>(`/change-sets/${segment(id)}`)
      print(context, command, draft, showDraft)
    })
  drafts
    .command('discard <id>')
    .description('throw a draft away')
    .action(async (id: string, _options, command: Command) => {
      await context.api(command).json(`/change-sets/${segment(id)}`, { method: 'DELETE' })
      print(context, command, { discarded: id }, () => 'Discarded the draft.')
    })

  organization(
    group
      .command('apply <draft>')
      .description('apply a draft as one change')
      .option(
        '--confirm-within <seconds>',
        'every host goes back by itself unless it is confirmed in time (60s or 60)',
        seconds,
      ),
  ).action(async (draft: string, options: Place & { confirmWithin?: number }, command: Command) => {
    const body = given({
      change_set: draft,
      organization: options.org,
      confirm_within_seconds: options.confirmWithin,
    })
    const done = await context.api(command).json<Applied>('/rules/apply', { method: 'POST', body })
    print(context, command, done, (d) => {
      const what = `Applied: ${d.created} created, ${d.updated} updated, ${d.deleted} deleted.`
      return d.confirm_until
        ? `${what}\nHosts go back by themselves at ${d.confirm_until} unless you run: holdfast rule confirm`
        : what
    })
  })
  organization(
    group
      .command('confirm')
      .description('keep the change that waits for confirmation')
      .option('--force', 'even if a node has not proved that it enforces it'),
  ).action(async (options: Place & { force?: boolean }, command: Command) => {
    const body = given({ organization: options.org, force: options.force })
    const done = await context
      .api(command)
      .json<{ apply_id: string }>('/rules/confirm', { method: 'POST', body })
    print(context, command, done, () => 'Confirmed.')
  })
  organization(group.command('revert').description('take that change back now')).action(
    async (options: Place, command: Command) => {
      const body = given({ organization: options.org })
      const done = await context
        .api(command)
        .json<{ apply_id: string }>('/rules/revert', { method: 'POST', body })
      print(context, command, done, () => 'Reverted.')
    },
  )
  organization(
    group
      .command('set')
      .description('the rules as a whole: what waits for confirmation, protection from lockout')
      .option('--allow-lockout', 'let rules cut hosts off from the control plane')
      .option('--prevent-lockout', 'keep WireGuard ports and the control connection open'),
  ).action(
    async (
      options: Place & { allowLockout?: boolean; preventLockout?: boolean },
      command: Command,
    ) => {
      const api = context.api(command)
      const wish = options.allowLockout ? true : options.preventLockout ? false : undefined
      const found =
        wish === undefined
          ? await api.json<RuleSet>('/rule-set', { query: { organization: options.org } })
          : await api.json<RuleSet>('/rule-set', {
              method: 'PATCH',
              body: given({ allow_lockout: wish, organization: options.org }),
            })
      print(context, command, found, showSet)
    },
  )
}

/** `60s`, `5m` or plain seconds. */
function seconds(text: string): number {
  const match = /^(\d+)(s|m)?$/.exec(text)
  const value = match ? String(Number(match[1]) * (match[2] === 'm' ? 60 : 1)) : text
  return whole(10, 3600)(value)
}
