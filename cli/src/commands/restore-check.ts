import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import type { ApiClient } from '../client.ts'
import type { Context } from '../context.ts'
import { CliError, exitCodes } from '../exit.ts'
import type { LogState } from '../model.ts'
import { compare, examine, printChecks } from './doctor.ts'
import type { Check } from './firewall-checks.ts'
import { segment } from './options.ts'

/** `restored.json`: what a restore wrote of itself. */
interface Restored {
  readonly lineage: string
  readonly next_generation: number
  readonly restored_sequence: string
  readonly root: string
  readonly up_to: string
}

/** `restore check`: the smoke checks that need a running instance (X-6, SQ-20). */
export async function checkRestored(
  context: Context,
  command: Command,
  data: string,
): Promise<void> {
  const restored = restoredIn(data)
  const api = context.api(command)
  const checks: Check[] = [...(await examine(context, command))]
  const isSignedIn = checks.some(({ name, state }) => name === 'sign-in' && state === 'ok')
  if (isSignedIn) {
    checks.unshift(logCheck(restored, await api.json<LogState>('/operator/log')))
    checks.push(...(await compare(context, command)).lines, await peerCheck(api))
  }
  const failed = checks.filter(({ state }) => state === 'failed').length
  if (context.wantsJson(command))
    context.out.write(JSON.stringify({ healthy: failed === 0, checks }, null, 2))
  else printChecks(context, checks)
  if (failed > 0)
    throw new CliError(`${failed} of ${checks.length} checks failed`, exitCodes.failed)
}

function restoredIn(data: string): Restored {
  const file = join(resolve(data), 'restored.json')
  if (!existsSync(file))
    throw new CliError(
      `${resolve(data)} was not made by a restore; --data names another`,
      exitCodes.notFound,
    )
  return JSON.parse(readFileSync(file, 'utf8')) as Restored // our own file
}

/** The commits themselves were judged before they were put in place; the guard compares them at every start. */
function logCheck(restored: Restored, state: LogState): Check {
  const { lineage, next_generation: generation, restored_sequence: from, up_to: upTo } = restored
  const wrong =
    state.lineage_id !== lineage
      ? `another instance, ${state.lineage_id}, answers`
      : state.generation !== generation
        ? `generation ${state.generation} answers, restored was ${generation}`
        : BigInt(state.archived_sequence) < BigInt(from)
          ? `it ends at ${state.archived_sequence}, before ${from}`
          : undefined
  return wrong === undefined
    ? {
        name: 'restored',
        state: 'ok',
        detail: `generation ${generation} goes on behind commit ${upTo}, root ${restored.root}`,
      }
    : { name: 'restored', state: 'failed', detail: wrong, remedy: '--url names another server' }
}

/** The keys in the log open: a configuration of a peer has its private key in it. */
async function peerCheck(api: ApiClient): Promise<Check> {
  const name = 'a peer renders'
  for await (const peer of api.items<{ readonly id: string; readonly name: string }>('/peers')) {
    try {
      const answer = await api.send(`/peers/${segment(peer.id)}/config`)
      const text = await answer.text()
      return text.includes('[Interface]')
        ? { name, state: 'ok', detail: peer.name }
        : { name, state: 'failed', detail: `${peer.name}: what came is no configuration` }
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      return { name, state: 'failed', detail: `${peer.name}: ${detail}` }
    }
  }
  return { name, state: 'ok', detail: 'there are none' }
}
