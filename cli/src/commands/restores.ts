import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import type { ApiClient } from '../client.ts'
import { type Context, print, printList } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import { bar } from './backup-download.ts'
import { given, list, listOptions, pastMoment, segment, whole } from './options.ts'
import {
  type Change,
  type Plan,
  type Point,
  type PointDetails,
  planText,
  pointDetails,
  points,
  type Restore,
  restoreTable,
  restoreText,
  type Undo,
  undoText,
  type Verification,
  verification,
} from './restore-shapes.ts'

interface ListOptions {
  readonly query?: string
  readonly kind?: string
  readonly since?: string
  readonly until?: string
  readonly org?: string
  readonly limit?: number
}
interface PlanOptions {
  readonly toSeq?: number
  readonly toTime?: string
  readonly before?: number
  readonly only?: readonly string[]
  readonly org?: string
  readonly limit: number
}
interface GoOptions {
  readonly yes?: boolean
  readonly allowWithoutRollback?: boolean
  readonly detach?: boolean
}
interface UndoOptions extends GoOptions {
  readonly dryRun?: boolean
  readonly limit: number
}

const pollMs = 300
const maxSequence = 1e15
const sequence = whole(1, maxSequence)

/** `restore list|inspect|verify|plan|apply|undo|status`, and `undo`: what was, on the running instance. */
export function restoreCommands(program: Command, context: Context): void {
  const group = program
    .command('restore')
    .description('bring back what was: on the running instance, or a lost one (restore instance)')

  listOptions(
    group.command('list').description('list points to go back to: every commit, newest first'),
  )
    .option('--kind <word>', 'only such: backup, restore, change_set or import')
    .option('--since <moment>', 'not before: a time, or back from now as in 36h, 7d', pastMoment)
    .option('--until <moment>', 'before', pastMoment)
    .option('--org <name-or-id>', 'of this organization')
    .action(async (options: ListOptions, command: Command) => {
      const { query: q, kind, since: from, until: to, org: organization_id, limit } = options
      const query = given({ q, kind, from, to, organization_id, limit: Math.min(limit ?? 50, 200) })
      // as: given leaves out what is undefined and adds nothing
      const items = context
        .api(command)
        .items<Point>('/restores/points', query as Record<string, string>)
      const first = limit === undefined ? firstOf(items, 50) : items
      await printList(context, command, first, points, 'Nothing like that has happened.')
    })

  group
    .command('inspect <sequence>')
    .description('what there was right after a commit, and what happened around it')
    .action(async (text: string, _options, command: Command) => {
      const path = `/restores/points/${sequence(text)}`
      print(context, command, await context.api(command).json<PointDetails>(path), pointDetails)
    })

  group
    .command('verify <sequence>')
    .description('prove the archive up to a commit, and that the keys to it are here')
    .action(async (text: string, _options, command: Command) => {
      const path = `/restores/points/${sequence(text)}/verify`
      const found = await context.api(command).json<Verification>(path, { method: 'POST' })
      print(context, command, found, verification)
      if (!found.is_good) throw new CliError('it is not good', exitCodes.failed, found.findings)
    })

  group
    .command('plan')
    .description('what a restore would change; nothing is changed')
    .option('--to-seq <sequence>', 'to right after this commit', sequence)
    .option('--to-time <moment>', 'to this time, or back from now as in 36h, 7d', pastMoment)
    .option('--before <sequence>', 'to just before this commit', sequence)
    .option('--only <list>', 'only these kinds of objects and services: peer,rules', list)
    .option('--org <name-or-id>', 'only of this organization')
    .option('--limit <n>', 'show at most so many changes', whole(1, 100_000), 100)
    .addHelpText(
      'after',
      `
Examples:
  holdfast restore plan --before 48112
  holdfast restore plan --to-time 2h --only rules
  holdfast restore apply PLAN`,
    )
    .action(async (options: PlanOptions, command: Command) => {
      const { toSeq, toTime, before, only, org, limit } = options
      if ([toSeq, toTime, before].filter((one) => one !== undefined).length !== 1)
        throw new CliError('name one of --to-seq, --to-time and --before', exitCodes.usage)
      const api = context.api(command)
      const body = given({
        to_sequence: toSeq === undefined ? undefined : `${toSeq}`,
        to_time: toTime,
        before_sequence: before === undefined ? undefined : `${before}`,
        only,
        organization_id: org,
      })
      const begun = await api.json<Plan>('/restores/plans', { method: 'POST', body })
      const plan = await made(context, api, begun)
      await showPlan(context, command, plan, limit)
      if (!context.wantsJson(command) && !isNothing(plan))
        context.out.note(`Nothing was changed. Carry it out: holdfast restore apply ${plan.id}`)
    })

  goOptions(
    group
      .command('apply <plan>')
      .description('carry out a plan; takes its rollback point first, and can be undone'),
  ).action(async (id: string, options: GoOptions, command: Command) => {
    const api = context.api(command)
    const plan = await made(context, api, await api.json<Plan>(`/restores/plans/${segment(id)}`))
    await sure(context, options, plan)
    const body = { plan_id: plan.id, allow_without_rollback: options.allowWithoutRollback ?? false }
    const begun = await api.json<Restore>('/restores', { method: 'POST', body })
    await follow(context, command, api, begun, options)
  })

  goOptions(
    group
      .command('undo <restore>')
      .description('undo a restore: back to the state right before it began')
      .option('--dry-run', 'only show what would be changed')
      .option('--limit <n>', 'show at most so many changes', whole(1, 100_000), 100),
  ).action(async (id: string, options: UndoOptions, command: Command) => {
    const api = context.api(command)
    const path = `/restores/${segment(id)}/undo`
    const allow_without_rollback = options.allowWithoutRollback ?? false
    if (options.dryRun || !options.yes) {
      const body = { dry_run: true }
      const plan = await made(context, api, await api.json<Plan>(path, { method: 'POST', body }))
      if (options.dryRun) return await showPlan(context, command, plan, options.limit)
      context.out.note(planText(plan, await changesOf(api, plan, options.limit), true))
      await sure(context, options, plan)
      // What was shown is what is done.
      const shown = { plan_id: plan.id, allow_without_rollback }
      const begun = await api.json<Restore>('/restores', { method: 'POST', body: shown })
      return await follow(context, command, api, begun, options)
    }
    const begun = await api.json<Restore>(path, {
      method: 'POST',
      body: { allow_without_rollback },
    })
    await follow(context, command, api, begun, options)
  })

  group
    .command('status [restore]')
    .description('list restores, or show one')
    .option('--limit <n>', 'at most so many', whole(1, 100_000))
    .action(async (id: string | undefined, _options, command: Command) => {
      const api = context.api(command)
      if (id !== undefined) {
        const found = await api.json<Restore>(`/restores/${segment(id)}`)
        print(context, command, found, restoreText)
        return
      }
      const empty =
        'Nothing was ever restored here. Find a point to go back to: holdfast restore list'
      await printList(context, command, api.items<Restore>('/restores'), restoreTable, empty)
    })

  program
    .command('undo <sequence>')
    .description('take one commit back and keep what came later')
    .option('--dry-run', 'only show what would be changed')
    .option('-y, --yes', 'do not ask')
    .action(async (text: string, options: UndoOptions, command: Command) => {
      const api = context.api(command)
      const asked = { sequence: `${sequence(text)}` }
      const undo = (dry_run: boolean) =>
        api.json<Undo>('/undo', { method: 'POST', body: { ...asked, dry_run } })
      if (options.dryRun || !options.yes) {
        const found = await undo(true)
        if (options.dryRun) {
          print(context, command, found, (one) => undoText(one, true))
          if (found.conflicts.length === 0) return
          throw new CliError('it is in conflict with later changes', exitCodes.conflict)
        }
        context.out.note(undoText(found, true))
        const isPossible = found.conflicts.length === 0 && found.changes.length > 0
        if (isPossible && !(await context.ask.confirm(`Undo ${text}?`)))
          throw new CliError('nothing was changed', exitCodes.interrupted)
      }
      print(context, command, await undo(false), (one) => undoText(one, false))
    })
}

const goOptions = (command: Command): Command =>
  command
    .option('-y, --yes', 'do not ask')
    .option('--allow-without-rollback', 'go on when the rollback point cannot be taken')
    .option('--detach', 'answer at once; restore status tells how it goes')

async function* firstOf<T>(items: AsyncIterable<T>, most: number): AsyncGenerator<T> {
  let count = 0
  for await (const item of items) {
    yield item
    count += 1
    if (count >= most) return
  }
}

/** Waits for a plan that is still being made. */
async function made(context: Context, api: ApiClient, begun: Plan): Promise<Plan> {
  let plan = begun
  let isTold = false
  while (plan.status === 'making') {
    if (context.out.isTerminal && !isTold) context.out.note('Finding out what would change …')
    isTold = true
    await delay(pollMs)
    plan = await api.json<Plan>(`/restores/plans/${segment(begun.id)}`)
  }
  if (plan.status === 'ready') return plan
  throw new CliError(plan.failure_detail, exitCodes.failed, [], plan.failure_code)
}

const isNothing = ({ counts }: Plan): boolean => counts.create + counts.update + counts.delete === 0

async function changesOf(api: ApiClient, plan: Plan, limit: number): Promise<readonly Change[]> {
  const path = `/restores/plans/${segment(plan.id)}/changes`
  const found: Change[] = []
  for await (const change of firstOf(
    api.items<Change>(path, { limit: Math.min(limit, 1000) }),
    limit,
  ))
    found.push(change)
  return found
}

async function showPlan(
  context: Context,
  command: Command,
  plan: Plan,
  limit: number,
): Promise<void> {
  const changes = await changesOf(context.api(command), plan, limit)
  print(context, command, { ...plan, changes }, () =>
    planText(plan, changes, changes.length < limit),
  )
}

/** Typed out, so that nobody restores by pressing Enter. */
async function sure(context: Context, { yes }: GoOptions, plan: Plan): Promise<void> {
  if (yes) return
  const { create, update, delete: gone } = plan.counts
  const typed = await context.ask.text(
    `${create + update + gone} objects change, of the running instance. Type ${plan.to_sequence} to go back to it`,
  )
  if (typed.trim() === plan.to_sequence) return
  throw new CliError('that is another sequence; nothing was changed', exitCodes.interrupted)
}

async function follow(
  context: Context,
  command: Command,
  api: ApiClient,
  begun: Restore,
  { detach }: GoOptions,
): Promise<void> {
  let found = begun
  let shown = ''
  while (!detach && (found.status === 'pending' || found.status === 'running')) {
    await delay(pollMs)
    found = await api.json<Restore>(`/restores/${segment(begun.id)}`)
    const line = `${bar(found.progress)} ${found.progress} %  ${found.trouble || found.step}`
    if (context.out.isTerminal && line !== shown) context.out.note(line)
    shown = line
  }
  print(context, command, found, restoreText)
  if (found.status !== 'failed') return
  const after = found.is_rolled_back ? 'everything was put back' : 'nothing was changed'
  throw new CliError(`${found.failure_detail} (${after})`, exitCodes.failed, [], found.failure_code)
}
