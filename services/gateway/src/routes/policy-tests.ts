import { Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Clients } from '../clients.ts'
import { sequenceAt, type TimeSource } from '../http/at.ts'
import { reading, writing } from '../http/call.ts'
import { closed, id, integerIn, optional, ref, textIn } from '../views/fields.ts'
import {
  expectationWords,
  PolicyTest,
  PolicyTestResult,
  printTest,
  printTestResult,
} from '../views/policy.ts'
import { present } from '../views/print.ts'
import { directionWords, numberOf, protocolWords } from '../views/rule.ts'
import { empty } from './auth.ts'
import { pastOne, text } from './list.ts'
import { at } from './policy.ts'
import { organizationId } from './resolve.ts'
import { type Routes, signedIn } from './route.ts'
import { target, targetOf } from './rule-body.ts'
import { organization } from './rules.ts'

const tags = ['policy']
const testId = closed({ id: id('Test id.') })
const word = (list: readonly string[], description: string) =>
  Type.Unsafe<string>({ type: 'string', enum: [...list], description, examples: [list[0]] })
const network = (description: string) => textIn(64, description, '10.20.0.0/16')
const port = (description: string) => integerIn(0, 65_535, description, 5432)
const TestBody = closed({
  organization,
  name: textIn(128, 'Unique in the organization.', 'guests never reach the database', 1),
  direction: optional(word(directionWords, 'both when absent.')),
  protocol: optional(word(protocolWords, 'any when absent.')),
  src: optional(network('Source network; any when absent.')),
  dst: optional(network('Destination network; any when absent.')),
  src_port_from: optional(port('First source port; any when absent.')),
  src_port_to: optional(port('Last source port, the first when absent.')),
  dst_port_from: optional(port('First destination port; any when absent.')),
  dst_port_to: optional(port('Last destination port, the first when absent.')),
  target: optional(target),
  expect: word(expectationWords, 'What must become of every such packet.'),
})

/** Sentences about the rules that must hold for every change. */
export const policyTestRoutes =
  (clients: Clients, log: TimeSource): Routes =>
  async (app) => {
    const { policy } = clients

    async function save(testId: string, body: Static<typeof TestBody>, request: FastifyRequest) {
      const inOrganization = await organizationId(clients, body.organization, request)
      return {
        organization: inOrganization,
        test: {
          id: testId,
          name: body.name,
          direction: numberOf(directionWords, body.direction ?? 'both'),
          protocol: numberOf(protocolWords, body.protocol ?? 'any'),
          source: text(body.src),
          destination: text(body.dst),
          sourcePorts: range(body.src_port_from, body.src_port_to),
          destinationPorts: range(body.dst_port_from, body.dst_port_to),
          target: await targetOf(clients, body.target, inOrganization, request),
          expectation: numberOf(expectationWords, body.expect),
        },
      }
    }

    app.get(
      '/policy-tests',
      {
        schema: {
          operationId: 'listPolicyTests',
          tags,
          summary: 'Tests every change of the rules has to pass',
          security: signedIn,
          querystring: pastOne({ organization_id: organization }),
          response: { 200: Type.Object({ items: Type.Array(ref(PolicyTest)) }) },
        },
      },
      async (request) => {
        const found = await policy.listPolicyTests(
          { organizationId: await organizationId(clients, request.query.organization_id, request) },
          reading(request),
        )
        return { items: (found.tests ?? []).map(printTest) }
      },
    )

    app.post(
      '/policy-tests',
      {
        schema: {
          operationId: 'createPolicyTest',
          tags,
          summary: 'Add a test; one that fails now is refused',
          security: signedIn,
          body: TestBody,
          response: { 201: ref(PolicyTest) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const saved = await policy.savePolicyTest(await save('', request.body, request), options)
        reply.code(201)
        return reply.send(printTest(present(saved.test, 'test')))
      },
    )

    app.put(
      '/policy-tests/:id',
      {
        schema: {
          operationId: 'replacePolicyTest',
          tags,
          summary: 'Replace a test',
          security: signedIn,
          params: testId,
          body: TestBody,
          response: { 200: ref(PolicyTest) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const wish = await save(request.params.id, request.body, request)
        const saved = await policy.savePolicyTest(wish, options)
        return printTest(present(saved.test, 'test'))
      },
    )

    app.delete(
      '/policy-tests/:id',
      {
        schema: {
          operationId: 'deletePolicyTest',
          tags,
          summary: 'Remove a test',
          security: signedIn,
          params: testId,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await policy.deletePolicyTest({ id: request.params.id }, writing(request, reply))
        return empty(reply)
      },
    )

    app.post(
      '/policy-tests/run',
      {
        config: { isUnkeyed: true },
        schema: {
          operationId: 'runPolicyTests',
          tags,
          summary: 'Run every test, now, at a past state or on a draft',
          security: signedIn,
          body: optional(
            closed({
              organization,
              at,
              from: optional(
                textIn(
                  40,
                  'Also say when tests did not hold since then: a log sequence, or a time.',
                  '2026-05-01T00:00:00Z',
                  1,
                ),
              ),
              change_set: optional(textIn(36, 'With this draft applied.', '', 36)),
            }),
          ),
          response: { 200: Type.Object({ items: Type.Array(ref(PolicyTestResult)) }) },
        },
      },
      async (request) => {
        const { body } = request
        const found = await policy.runPolicyTests(
          {
            organization: await organizationId(clients, body?.organization, request),
            atSequence: await sequenceAt(log, body?.at),
            fromSequence: await sequenceAt(log, body?.from),
            changeSetId: text(body?.change_set),
          },
          reading(request),
        )
        return { items: (found.results ?? []).map(printTestResult) }
      },
    )
  }

const range = (from: number | undefined, to: number | undefined) =>
  from === undefined ? null : { from, to: to ?? from }
