import { isUuid } from '@holdfast/domain'
import { invalid } from '@holdfast/errors'
import { type Postgres, PostgresUnavailable, parsePage, type ReadScope } from '@holdfast/postgres'
import { type FlowService, holdfast } from '@holdfast/proto'
import type { Call, Handlers } from '@holdfast/service'
import { coverage } from '../domain/coverage.ts'
import { FlowNotFound, TooManyFlows } from '../domain/errors.ts'
import { completeness } from '../queries/coverage.ts'
import type { FlowFilter } from '../queries/flow-filter.ts'
import { findFlow, listFlows, type Patience } from '../queries/flows.ts'
import { summarizeFlows } from '../queries/summaries.ts'
import { parseFilter } from './parse-filter.ts'
import { printFlow, printSummary } from './print.ts'

const permission = 'audit.flows.read'
const maxPage = 1000
const maxSummaries = 100_000
const defaultSummaries = 10_000
/** Bounds an answer below the largest message there is (packages/service). */
const maxSummaryBytes = 30 * 1024 * 1024
/** A call waits 30 s at most, and a query nobody waits for helps nobody. */
const listTimeoutMs = 10_000
const summaryTimeoutMs = 25_000

export function flowHandlers(
  postgres: Postgres,
  /** ms since 1970. */
  now: () => number,
): Handlers<typeof FlowService> {
  const scopeFor = (call: Call, { organizationId }: FlowFilter): ReadScope => {
    if (organizationId !== '') call.caller.require(permission, organizationId)
    return { organizations: call.caller.organizations(permission) }
  }

  return {
    async listFlows(request, call) {
      const filter = parseFilter(request.filter, now())
      const scope = scopeFor(call, filter)
      const page = parsePage(request.limit, request.cursor, maxPage)
      const { rows, nextCursor } = await inTime(call, listTimeoutMs, (patience) =>
        listFlows(postgres, scope, filter, page, patience),
      )
      return { flows: rows.map(printFlow), nextCursor }
    },

    async getFlow({ id }, call) {
      const scope = { organizations: call.caller.organizations(permission) }
      const row = isUuid(id)
        ? await inTime(call, listTimeoutMs, (patience) => findFlow(postgres, scope, id, patience))
        : undefined
      if (!row) throw FlowNotFound({ flow: id.slice(0, 60) })
      return { flow: printFlow(row) }
    },

    async summarizeFlows(request, call) {
      const filter = parseFilter(request.filter, now())
      const scope = scopeFor(call, filter)
      const limit = request.limit === 0 ? defaultSummaries : request.limit
      if (limit > maxSummaries) {
        const detail = `must be from 1 to ${maxSummaries}`
        throw invalid({ field: 'limit', code: 'out_of_range', detail })
      }
      return await inTime(call, summaryTimeoutMs, async (patience) => {
        const rows = await summarizeFlows(postgres, scope, filter, limit, patience)
        const known = await completeness(postgres, scope, filter, patience)
        const flows: holdfast.audit.v1.FlowSummary.$Properties[] = []
        let bytes = 0
        for (const row of rows.slice(0, limit)) {
          const summary = printSummary(row)
          bytes += holdfast.audit.v1.FlowSummary.encode(summary).len + 4
          if (bytes > maxSummaryBytes) break
          flows.push(summary)
        }
        const { fromUnixMs, toUnixMs } = filter
        const isCut = flows.length < rows.length
        return { flows, coverage: [...coverage({ ...known, fromUnixMs, toUnixMs, isCut })] }
      })
    },
  }
}

/** A statement that ran out of time is the question's fault here, and the database is well. */
async function inTime<T>(
  { signal }: Call,
  timeoutMs: number,
  work: (patience: Patience) => Promise<T>,
): Promise<T> {
  try {
    return await work({ timeoutMs, signal })
  } catch (error) {
    const isTimeout =
      PostgresUnavailable.is(error) &&
      error.cause instanceof Error &&
      'code' in error.cause &&
      error.cause.code === '57014'
    throw isTimeout ? TooManyFlows({ seconds: timeoutMs / 1000 }) : error
  }
}
