import { type CommandId, newId, uuidV5 } from '@holdfast/domain'
import type { Postgres } from '@holdfast/postgres'
import type { Telemetry } from '@holdfast/telemetry'
import { type CommandTools, changeRuleSet } from '../commands/change-rule-set.ts'
import { overdueRuleSets, type RuleSetView } from '../queries/rule-sets.ts'

const everyMs = 1_000

export interface RevertUnconfirmed {
  start(): void
  /** Takes back what is overdue now. Several instances may do so at once: it is one command. */
  check(): Promise<void>
  stop(): Promise<void>
}

/**
 * Takes changes back in the log that nobody confirmed. Hosts have done so by themselves by then, each by its own
 * clock; this makes it a fact for everybody. It goes by the read model, so a restart forgets nothing.
 */
export function revertUnconfirmed(parts: {
  readonly tools: CommandTools
  readonly postgres: Postgres
  readonly telemetry: Telemetry
  /** How long after the deadline: for clocks that differ and confirmations under way. */
  readonly graceMs: number
}): RevertUnconfirmed {
  const { tools, postgres, telemetry, graceMs } = parts
  const { log } = telemetry
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()

  async function revert({ organizationId, pending }: RuleSetView): Promise<void> {
    if (!pending) return
    const { applyId } = pending
    const outcome = await changeRuleSet(
      tools,
      organizationId,
      { type: 'RevertChangeSet', applyId, cause: 'not_confirmed' },
      {
        // The same for every instance and every attempt.
        commandId: uuidV5(applyId, 'not confirmed') as CommandId, // as: minted here
        isKeyed: true,
        organizationId,
        actor: { kind: 'service', id: 'rules', method: 'certificate' },
        correlationId: newId<string>(),
        reason: 'not confirmed in time',
      },
    )
    if (outcome.events.length > 0) {
      const sequence = outcome.sequence.toString()
      log.info({ organizationId, applyId, sequence }, 'took back a change nobody confirmed')
    }
  }

  async function check(): Promise<void> {
    for (const overdue of await overdueRuleSets(postgres, tools.now() - graceMs)) {
      try {
        await revert(overdue)
      } catch (error) {
        const { organizationId } = overdue
        log.warn({ err: error, organizationId }, 'cannot take back an unconfirmed change yet')
      }
    }
  }

  return {
    check,
    start() {
      timer = setInterval(() => {
        running = running.then(check).catch((error: unknown) => {
          log.warn({ err: error }, 'cannot look for unconfirmed changes')
        })
      }, everyMs)
    },
    async stop() {
      clearInterval(timer)
      await running
    },
  }
}
