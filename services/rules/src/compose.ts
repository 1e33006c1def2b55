import { compensationHandlers } from '@holdfast/compensation'
import type { EventLog } from '@holdfast/event-log'
import type { ControlEndpoint } from '@holdfast/policy'
import type { Postgres } from '@holdfast/postgres'
import type { Projections } from '@holdfast/projections'
import { contributorHandlers } from '@holdfast/snapshot'
import type { Telemetry } from '@holdfast/telemetry'
import type { CommandTools } from './commands/change-rule-set.ts'
import { ruleSetsCompensable } from './compensation/rule-sets.ts'
import { changeSetHandlers } from './grpc/change-set-handlers.ts'
import type { Edge } from './grpc/edge.ts'
import type { PolicyEdge } from './grpc/policy-edge.ts'
import { policyHandlers } from './grpc/policy-handlers.ts'
import { positionsFrom } from './grpc/positions.ts'
import { ruleHandlers } from './grpc/rule-handlers.ts'
import type { FlowClient } from './policy/observed-hosts.ts'
import { testsOf } from './policy/policy-tests.ts'
import { revertUnconfirmed } from './reactions/revert-unconfirmed.ts'
import { rulesContributors } from './snapshot/contributors.ts'
import { CounterBoard } from './status/counter-board.ts'
import { evidenceOf } from './status/evidence.ts'
import { FirewallBoard } from './status/firewall-board.ts'
import { followReports, type StatusFeed } from './status/follow-reports.ts'
import { openTopology } from './topology/topology.ts'

export interface RulesParts {
  readonly log: EventLog
  readonly postgres: Postgres
  readonly telemetry: Telemetry
  /** Asked for once calls come in: they do not exist while the service is put together. */
  projections(): Pick<Projections, 'reached'>
  /** How long after its deadline an unconfirmed change is taken back in the log. */
  readonly revertGraceMs: number
  /** Audit's recorded flows. */
  readonly flows: FlowClient
  /** Where agents connect to, as far as addresses are known. */
  readonly control: readonly ControlEndpoint[]
  /** ms since 1970. */
  readonly now: () => number
}

/** The service without its process: what a test and `main` put together alike. */
export function composeRules(parts: RulesParts) {
  const { log, postgres, telemetry, now } = parts
  const catchUp = () => parts.projections().reached(log.seen())
  const catchUpToHead = async () => await parts.projections().reached(await log.safeHead())

  const topology = openTopology({ postgres, control: parts.control, now })
  const firewalls = new FirewallBoard()
  const counters = new CounterBoard()
  let feed: StatusFeed | undefined
  const flushStatus = async () => await feed?.flush()
  const evidence = evidenceOf({
    log,
    postgres,
    topology,
    firewalls,
    counters,
    flush: flushStatus,
    now,
  })
  const tools: CommandTools = { log, testsOf: testsOf(topology, now), now }

  const withPositions = positionsFrom({ log, postgres })
  const edge: Edge = { tools, log, postgres, evidence, withPositions, catchUp, catchUpToHead }
  const { flows } = parts
  const policyEdge: PolicyEdge = { ...edge, log, topology, flows, flushStatus, now }
  const reverts = revertUnconfirmed({ tools, postgres, telemetry, graceMs: parts.revertGraceMs })
  return {
    compensation: compensationHandlers({
      log,
      compensables: [ruleSetsCompensable(log)],
      now,
    }),
    contributors: contributorHandlers(
      rulesContributors({
        tools,
        postgres,
        async caughtUp(at) {
          const sequence = at ?? (await log.safeHead())
          await parts.projections().reached(sequence)
          return sequence
        },
      }),
    ),
    rules: ruleHandlers(edge),
    changeSets: changeSetHandlers(edge),
    policy: policyHandlers(policyEdge),
    reverts,
    /** Begins to listen to hosts; the database must be migrated. */
    async start(): Promise<void> {
      feed = await followReports({ log, postgres, firewalls, counters, telemetry, now })
      reverts.start()
    },
    /** Writes down what hosts said last. */
    async stop(): Promise<void> {
      await reverts.stop()
      await feed?.stop()
    },
  }
}
