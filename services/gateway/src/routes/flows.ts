import { Type } from '@fastify/type-provider-typebox'
import { isUuid } from '@holdfast/domain'
import type { holdfast } from '@holdfast/proto'
import type { FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading } from '../http/call.ts'
import {
  closed,
  exampleTime,
  integerIn,
  named,
  optional,
  ref,
  textIn,
  words,
} from '../views/fields.ts'
import {
  Flow,
  FlowSummaries,
  flowDirectionWords,
  flowVerdictWords,
  printFlow,
  printFlowSummary,
} from '../views/flow.ts'
import { present } from '../views/print.ts'
import { numberOf } from '../views/rule.ts'
import { many, page, sendPage, text } from './list.ts'
import { interfaceId, nodeId, organizationId, peerId } from './resolve.ts'
import { type Routes, signedIn } from './route.ts'
import { findRule } from './rules.ts'

const tags = ['flows']

const timeIn = (description: string) =>
  optional(
    Type.String({ format: 'date-time', maxLength: 40, description, examples: [exampleTime] }),
  )
const cidrIn = (description: string) => optional(textIn(64, description, '198.51.100.0/24', 1))

const filters = {
  from: timeIn('From then on; an hour before `to` when absent. At most 31 days before it.'),
  to: timeIn('Before then; now when absent.'),
  organization_id: optional(named('organization', 'Acme')),
  node: optional(named('node', 'gw-berlin')),
  interface: optional(named('interface', 'wg0')),
  peer: optional(named('peer', 'laptop')),
  rule: optional(named('rule', 'log-ssh')),
  verdict: optional(words(flowVerdictWords, 'With this verdict.')),
  direction: optional(words(flowDirectionWords, 'In this direction.')),
  address: cidrIn('Network or address on either side.'),
  source: cidrIn('Network or address it came from.'),
  destination: cidrIn('Network or address it went to.'),
  port: optional(integerIn(1, 65_535, 'Port on either side.', 22)),
}

interface Asked {
  readonly from?: string
  readonly to?: string
  readonly organization_id?: string
  readonly node?: string
  readonly interface?: string
  readonly peer?: string
  readonly rule?: string
  readonly verdict?: string
  readonly direction?: string
  readonly address?: string
  readonly source?: string
  readonly destination?: string
  readonly port?: number
}

/** What nodes recorded of flows. */
export const flowRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { flows } = clients

    /** Names become ids: flows know things by id, for names change. */
    async function filterOf(
      asked: Asked,
      request: FastifyRequest,
    ): Promise<holdfast.audit.v1.FlowFilter.$Properties> {
      const organization = await organizationId(clients, asked.organization_id, request)
      const node = await nodeId(clients, asked.node, request)
      const onInterface = await interfaceId(clients, asked.interface, node, request)
      return {
        organizationId: organization,
        nodeId: node,
        interfaceId: onInterface,
        peerId: asked.peer
          ? await peerId(clients, asked.peer, onInterface || undefined, request)
          : '',
        ruleId: await ruleOf(asked.rule, organization, request),
        verdict: numberOf(flowVerdictWords, asked.verdict),
        direction: numberOf(flowDirectionWords, asked.direction),
        address: text(asked.address),
        source: text(asked.source),
        destination: text(asked.destination),
        port: asked.port ?? 0,
        fromUnixMs: momentOf(asked.from),
        toUnixMs: momentOf(asked.to),
      }
    }

    async function ruleOf(
      rule: string | undefined,
      inOrganization: string,
      request: FastifyRequest,
    ) {
      if (rule === undefined || isUuid(rule)) return text(rule)
      return (await findRule(clients, rule, inOrganization, request)).id ?? ''
    }

    app.get(
      '/flows',
      {
        schema: {
          operationId: 'listFlows',
          tags,
          summary: 'Recorded flows, newest first',
          description:
            'Of the last hour when no time is given. What no rule logs leaves no record; `GET /flows/summary` tells what else is missing.',
          security: signedIn,
          querystring: many(filters, 1000),
          response: { 200: page(Flow) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const found = await flows.listFlows(
          {
            limit: query.limit ?? 0,
            cursor: text(query.cursor),
            filter: await filterOf(query, request),
          },
          reading(request),
        )
        return sendPage(request, reply, found.flows, found.nextCursor, printFlow)
      },
    )

    app.get(
      '/flows/summary',
      {
        schema: {
          operationId: 'summarizeFlows',
          tags,
          summary: 'Distinct flows of a time, summed up, and what is missing',
          description: 'Those with the most packets first.',
          security: signedIn,
          querystring: closed({
            limit: optional(integerIn(1, 10_000, 'How many at most; 1,000 when absent.', 1000)),
            ...filters,
          }),
          response: { 200: ref(FlowSummaries) },
        },
      },
      async (request) => {
        const { query } = request
        const found = await flows.summarizeFlows(
          { limit: query.limit ?? 1000, filter: await filterOf(query, request) },
          reading(request),
        )
        return { items: found.flows.map(printFlowSummary), coverage: found.coverage }
      },
    )

    app.get(
      '/flows/:id',
      {
        schema: {
          operationId: 'getFlow',
          tags,
          summary: 'One recorded flow',
          security: signedIn,
          params: closed({
            id: textIn(36, 'Id of the flow.', '019a4c3e-6b5a-8c1e-9f6b-3f0f5d1c2a10', 1),
          }),
          querystring: closed({}),
          response: { 200: ref(Flow) },
        },
      },
      async (request) => {
        const { flow } = await flows.getFlow({ id: request.params.id }, reading(request))
        return printFlow(present(flow, 'flow'))
      },
    )
  }

/** Zero when there is none. */
const momentOf = (time: string | undefined): number => (time === undefined ? 0 : Date.parse(time))
