import { statSync } from 'node:fs'
import type { Command } from 'commander'
import color from 'picocolors'
import type { ApiClient } from '../client.ts'
import type { Context } from '../context.ts'
import { credentialsPath } from '../credentials.ts'
import { CliError, exitCodes } from '../exit.ts'
import type { Interface, LogState, NodeObject } from '../model.ts'
import { clean } from '../output.ts'
import { type Check, firewallChecks } from './firewall-checks.ts'
import { logChecks } from './log-checks.ts'
import { compareReadModels, type ReadModelCheck, readModelLines } from './read-model-checks.ts'
import type { Warning } from './root-key.ts'

interface Readiness {
  readonly status: string
  readonly checks?: Readonly<Record<string, { readonly ok: boolean; readonly detail?: string }>>
  readonly mode?: string
  readonly warnings?: readonly string[]
}

/** `doctor`: is everything as it should be, and if not, what to do (NB-37). */
export function doctorCommand(program: Command, context: Context): void {
  program
    .command('doctor')
    .description('check configuration, server, sign-in, nodes and enforcement')
    .option('--deep', 'also compare every read model with a replay of the whole log')
    .action(async ({ deep }: { deep?: boolean }, command: Command) => {
      const checks = await examine(context, command)
      const compared = deep ? await compare(context, command) : undefined
      if (compared) checks.push(...compared.lines)
      const failed = checks.filter((check) => check.state === 'failed').length
      if (context.wantsJson(command)) {
        context.out.write(
          JSON.stringify(
            {
              healthy: failed === 0,
              checks,
              ...(compared?.check ? { read_models: compared.check } : {}),
            },
            null,
            2,
          ),
        )
      } else {
        printChecks(context, checks)
      }
      if (failed > 0)
        throw new CliError(`${failed} of ${checks.length} checks failed`, exitCodes.failed)
    })
}

export function printChecks({ out }: Context, checks: readonly Check[]): void {
  const mark = {
    ok: color.green('ok     '),
    warning: color.yellow('warning'),
    failed: color.red('failed '),
  }
  for (const check of checks) {
    out.write(`${mark[check.state]}  ${clean(`${check.name}: ${check.detail}`)}`)
    if (check.remedy) out.write(`         → ${check.remedy}`)
  }
}

interface Compared {
  readonly lines: readonly Check[]
  readonly check?: ReadModelCheck
}

/** Every read model against a replay of the log. */
export async function compare(context: Context, command: Command): Promise<Compared> {
  let told = ''
  try {
    const check = await compareReadModels(context.api(command), (line) => {
      if (line !== told && !context.wantsJson(command)) context.out.note(line)
      told = line
    })
    return { lines: readModelLines(check), check }
  } catch (error) {
    return { lines: [{ name: 'read models', state: 'failed', detail: messageOf(error) }] }
  }
}

/** What `doctor` looks at, without the comparison. */
export async function examine(context: Context, command: Command): Promise<Check[]> {
  const api = context.api(command)
  const checks: Check[] = [credentialsCheck(context)]

  try {
    const response = await api.send('/health', { anonymous: true })
    checks.push({ name: 'server', state: 'ok', detail: `${api.url} answers (${response.status})` })
  } catch (error) {
    return [
      ...checks,
      {
        name: 'server',
        state: 'failed',
        detail: messageOf(error),
        remedy: "start it with 'npm start', or name another with --url",
      },
    ]
  }
  checks.push(...(await readiness(api.url)))

  try {
    const me = await api.json<{ user: { username: string } }>('/auth/me')
    checks.push({ name: 'sign-in', state: 'ok', detail: `as ${me.user.username}` })
  } catch (error) {
    return [
      ...checks,
      {
        name: 'sign-in',
        state: 'failed',
        detail: messageOf(error),
        remedy: "run 'holdfast auth login'",
      },
    ]
  }

  checks.push(...(await logAndArchive(api)))
  checks.push(...(await recovery(api)))
  for await (const node of api.items<NodeObject>('/nodes')) {
    checks.push({
      name: `node ${node.name}`,
      state: node.is_online ? 'ok' : 'failed',
      detail: node.is_online
        ? `online, has applied sequence ${node.applied_sequence}`
        : 'the agent does not report',
      ...(node.is_online
        ? {}
        : {
            remedy: 'look at the agent on that host: systemctl status holdfast-agent, or its log',
          }),
    })
    // A silent host goes on enforcing what it has; what it said last proves nothing now.
    if (node.is_online) checks.push(...firewallChecks(node, Date.now()))
  }
  for await (const item of api.items<Interface>('/interfaces')) {
    const { state, error, driver } = item.enforcement
    checks.push({
      name: `interface ${item.name} on ${item.node_name}`,
      state: state === 'enforced' ? 'ok' : 'failed',
      detail:
        state === 'enforced'
          ? `enforced (${driver})`
          : error || 'saved, not yet confirmed by the host',
    })
  }
  return checks
}

/** Log and archive are the operator's business: whoever is none hears of them in `log` alone. */
async function logAndArchive(api: ApiClient): Promise<readonly Check[]> {
  try {
    return logChecks(await api.json<LogState>('/operator/log'), Date.now())
  } catch (error) {
    if (error instanceof CliError && error.code === 'access.denied') return []
    return [
      {
        name: 'archive',
        state: 'failed',
        detail: messageOf(error),
        remedy: "backup keeps the archive: 'holdfast status' on its host, logs/backup.log",
      },
    ]
  }
}

/** What stands in the way of a recovery; the operator's business too. */
async function recovery(api: ApiClient): Promise<readonly Check[]> {
  try {
    const { items } = await api.json<{ items: readonly Warning[] }>('/operator/warnings')
    if (items.length === 0)
      return [{ name: 'recovery', state: 'ok', detail: 'nothing stands in its way' }]
    return items.map(({ detail, remedy }) => ({
      name: 'recovery',
      state: 'warning',
      detail,
      remedy,
    }))
  } catch (error) {
    // An older server has no such page.
    if (error instanceof CliError && ['access.denied', 'not_found'].includes(error.code ?? ''))
      return []
    return [{ name: 'recovery', state: 'failed', detail: messageOf(error) }]
  }
}

function credentialsCheck(context: Context): Check {
  const path = credentialsPath(context.env)
  try {
    const others = statSync(path).mode & 0o077
    return others === 0
      ? { name: 'credentials file', state: 'ok', detail: `${path}, readable by you only` }
      : {
          name: 'credentials file',
          state: 'failed',
          detail: `others can read ${path}`,
          remedy: `chmod 600 ${path}`,
        }
  } catch {
    const detail = context.env['HOLDFAST_API_KEY']
      ? 'not needed: HOLDFAST_API_KEY is set'
      : 'none yet'
    return { name: 'credentials file', state: 'ok', detail }
  }
}

async function readiness(url: string): Promise<Check[]> {
  const response = await fetch(`${url}/api/v1/ready`)
  const body = (await response.json()) as Readiness // the server's contract
  const checks: Check[] = Object.entries(body.checks ?? {}).map(([name, check]) => ({
    name,
    state: check.ok ? 'ok' : 'failed',
    detail: check.detail ?? (check.ok ? 'ready' : 'not ready'),
  }))
  if (checks.length === 0) {
    checks.push({ name: 'readiness', state: response.ok ? 'ok' : 'failed', detail: body.status })
  }
  for (const warning of body.warnings ?? [])
    checks.push({ name: 'mode', state: 'warning', detail: warning })
  return checks
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error)
