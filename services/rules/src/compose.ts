import type { EventLog } from '@holdfast/event-log'
import type { ControlEndpoint } from '@holdfast/policy'
import type { Postgres } from '@holdfast/postgres'
import type { Projections } from '@holdfast/projections'
import type { Telemetry } from '@holdfast/telemetry'
import type { CommandTools } from './commands/change-rule-set.ts'
import { changeSetHandlers } from './grpc/change-set-handlers.ts'
import type { Edge } from './grpc/edge.ts'
import type { Evidence } from './grpc/evidence.ts'
import { ruleHandlers } from './grpc/rule-handlers.ts'
import { revertUnconfirmed } from './reactions/revert-unconfirmed.ts'

export interface RulesParts {
  readonly log: EventLog
  readonly postgres: Postgres
  readonly telemetry: Telemetry
  /** Asked for once calls come in: they do not exist while the service is put together. */
  projections(): Pick<Projections, 'reached'>
  /** How long after its deadline an unconfirmed change is taken back in the log. */
  readonly revertGraceMs: number
  /** Where agents connect to, as far as addresses are known. */
  readonly control: readonly ControlEndpoint[]
  /** ms since 1970. */
  readonly now: () => number
}

/** The service without its process: what a test and `main` put together alike. */
export function composeRules(parts: RulesParts) {
  const { log, postgres, telemetry, now } = parts
  const catchUp = () => parts.projections().reached(log.seen())

  // What hosts are, prove and count, and what judges policy tests: topology, status and policy go here.
  const evidence: Evidence = {
    enforcement: async (rules) => rules.map(() => ({ nodes: 0, enforced: 0, troubles: [] })),
    counters: async () => new Map(),
    progress: async () => ({ nodes: 0, missing: [] }),
    placesOn: async () => undefined,
    implicitRules: async () => [],
  }
  const tools: CommandTools = { log, testsOf: async () => () => [], now }

  const edge: Edge = { tools, log, postgres, evidence, catchUp }
  const reverts = revertUnconfirmed({ tools, postgres, telemetry, graceMs: parts.revertGraceMs })
  return {
    rules: ruleHandlers(edge),
    changeSets: changeSetHandlers(edge),
    reverts,
    start(): void {
      reverts.start()
    },
    async stop(): Promise<void> {
      await reverts.stop()
    },
  }
}
