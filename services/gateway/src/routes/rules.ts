import { Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { etagOf, sendObject } from '../http/etag.ts'
import { implicitRules, printImplicit, printRuleSet, RuleSet } from '../views/change-set.ts'
import {
  closed,
  decimal,
  flagIn,
  integerOut,
  named,
  optional,
  ref,
  textIn,
} from '../views/fields.ts'
import { present } from '../views/print.ts'
import {
  actionWords,
  numberOf,
  printRule,
  printRuleChange,
  Rule,
  RuleChange,
} from '../views/rule.ts'
import { empty } from './auth.ts'
import { byId, many, page, pastMany, pastOne, sendPage, text } from './list.ts'
import { nodeId, organizationId } from './resolve.ts'
import { type Routes, sendChanged, signedIn } from './route.ts'
import { changesOf, RuleBody, RulePatch, settingsOf } from './rule-body.ts'

const tags = ['rules']
export const organization = optional(named('organization', 'Acme'))
const inChangeSet = optional(textIn(36, 'Id of a draft: stage it there instead.', '', 36))
const warnings = Type.Array(Type.String(), { description: 'What deserves a second look.' })
const counters = optional(flagIn('With hits.', true))
const query = closed({ organization, change_set: inChangeSet })

/** The id of a rule named in a path, by id or name. */
export async function findRule(
  { rules }: Clients,
  rule: string,
  inOrganization: string,
  request: FastifyRequest,
) {
  const found = await rules.getRule(
    { rule, organization: inOrganization, withCounters: false },
    reading(request),
  )
  return present(found.rule, 'rule')
}

/** Rules of an organization: one by one, and what became of them. */
export const ruleRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { rules } = clients

    app.get(
      '/rules',
      {
        schema: {
          operationId: 'listRules',
          tags,
          summary: 'Rules in the order of evaluation',
          description:
            'Priority first, the greater before the lower; equal ones by age. With `at` without counters and without what nodes enforce: those are known of now only.',
          security: signedIn,
          querystring: pastMany(
            {
              organization_id: organization,
              q: optional(textIn(256, 'Part of the name, description or a tag.', 'scanner')),
              tag: optional(textIn(64, 'With this tag.', 'office')),
              action: optional(
                Type.Unsafe<string>({
                  type: 'string',
                  enum: [...actionWords],
                  description: 'With this action.',
                  examples: ['deny'],
                }),
              ),
              node: optional(named('node', 'gw-berlin')),
              counters,
            },
            1000,
          ),
          response: {
            200: Type.Object({ ...page(Rule).properties, implicit: implicitRules }),
          },
        },
      },
      async (request, reply) => {
        const { query: asked } = request
        const found = await rules.listRules(
          {
            limit: asked.limit ?? 0,
            cursor: text(asked.cursor),
            organizationId: await organizationId(clients, asked.organization_id, request),
            query: text(asked.q),
            tag: text(asked.tag),
            action: numberOf(actionWords, asked.action),
            withCounters: asked.counters ?? false,
            nodeId: await nodeId(clients, asked.node, request),
          },
          reading(request),
        )
        const list = sendPage(request, reply, found.rules, found.nextCursor, printRule)
        return { ...list, implicit: printImplicit(found.implicit) }
      },
    )

    app.post(
      '/rules',
      {
        schema: {
          operationId: 'createRule',
          tags,
          summary: 'Create a rule',
          description: 'It takes effect at once, unless a draft is named.',
          security: signedIn,
          querystring: query,
          body: RuleBody,
          response: { 201: Type.Object({ ...Rule.properties, warnings }) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const inOrganization = await organizationId(clients, request.query.organization, request)
        const made = await rules.createRule(
          {
            organization: inOrganization,
            settings: await settingsOf(clients, request.body, inOrganization, request),
            changeSetId: text(request.query.change_set),
          },
          options,
        )
        const body = printRule(present(made.rule, 'rule'))
        reply.code(201).header('location', `/api/v1/rules/${body.id}`)
        reply.header('etag', etagOf(body.revision))
        return reply.send({ ...body, warnings: made.warnings ?? [] })
      },
    )

    app.get(
      '/rules/:id',
      {
        schema: {
          operationId: 'getRule',
          tags,
          summary: 'One rule, by id or name',
          description: 'With `at` without counters and without what nodes enforce.',
          security: signedIn,
          params: byId('rule'),
          querystring: pastOne({ organization, counters }),
          response: { 200: ref(Rule) },
        },
      },
      async (request, reply) => {
        const found = await rules.getRule(
          {
            rule: request.params.id,
            organization: await organizationId(clients, request.query.organization, request),
            withCounters: request.query.counters ?? false,
          },
          reading(request),
        )
        return sendObject(request, reply, printRule(present(found.rule, 'rule')))
      },
    )

    app.patch(
      '/rules/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'updateRule',
          tags,
          summary: 'Change what is named of a rule',
          security: signedIn,
          params: byId('rule'),
          querystring: query,
          body: RulePatch,
          response: { 200: Type.Object({ ...Rule.properties, warnings }) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const inOrganization = await organizationId(clients, request.query.organization, request)
        const rule = await findRule(clients, request.params.id, inOrganization, request)
        const changed = await rules.updateRule(
          {
            id: rule.id ?? '',
            ...(await changesOf(
              clients,
              request.body,
              printRule(rule),
              rule.organizationId ?? '',
              request,
            )),
            changeSetId: text(request.query.change_set),
          },
          options,
        )
        const body = printRule(present(changed.rule, 'rule'))
        return sendChanged(reply, { ...body, warnings: changed.warnings ?? [] })
      },
    )

    app.post(
      '/rules/:id/toggle',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'toggleRule',
          tags,
          summary: 'Switch a rule on or off',
          security: signedIn,
          params: byId('rule'),
          querystring: query,
          body: optional(
            closed({
              active: optional(flagIn('What it should be; the other when absent.', false)),
            }),
          ),
          response: { 200: ref(Rule) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const inOrganization = await organizationId(clients, request.query.organization, request)
        const changeSetId = text(request.query.change_set)
        const id = request.params.id
        let isActive = request.body?.active
        // A draft may have switched it already, which only the rule as it is knows nothing of.
        if (isActive === undefined && changeSetId !== '') {
          const { settings } = await findRule(clients, id, inOrganization, request)
          isActive = !(settings?.isActive ?? false)
        }
        const wish =
          isActive === undefined
            ? { isToggled: true }
            : { settings: { isActive }, fields: ['is_active'] }
        const about = { id, organization: inOrganization, changeSetId }
        const changed = await rules.updateRule({ ...about, ...wish }, options)
        return sendChanged(reply, printRule(present(changed.rule, 'rule')))
      },
    )

    app.delete(
      '/rules/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'deleteRule',
          tags,
          summary: 'Delete a rule',
          security: signedIn,
          params: byId('rule'),
          querystring: query,
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const inOrganization = await organizationId(clients, request.query.organization, request)
        await rules.deleteRule(
          {
            id: request.params.id,
            organization: inOrganization,
            changeSetId: text(request.query.change_set),
          },
          options,
        )
        return empty(reply)
      },
    )

    app.get(
      '/rules/:id/history',
      {
        schema: {
          operationId: 'listRuleHistory',
          tags,
          summary: 'What became of one rule, newest first',
          description: 'A deleted rule is asked for by its id.',
          security: signedIn,
          params: byId('rule'),
          querystring: many({ organization }),
          response: { 200: page(RuleChange) },
        },
      },
      async (request, reply) => {
        const { query: asked, params } = request
        const inOrganization = await organizationId(clients, asked.organization, request)
        const isId = /^[0-9a-f]{8}-/.test(params.id)
        const rule = isId ? undefined : await findRule(clients, params.id, inOrganization, request)
        const found = await rules.listRuleChanges(
          {
            organizationId: inOrganization,
            ruleId: rule?.id ?? params.id,
            limit: asked.limit ?? 0,
            cursor: text(asked.cursor),
          },
          reading(request),
        )
        return sendPage(request, reply, found.changes, found.nextCursor, printRuleChange)
      },
    )

    app.get(
      '/rule-changes',
      {
        schema: {
          operationId: 'listRuleChanges',
          tags,
          summary: 'Who changed which rule, newest first',
          security: signedIn,
          querystring: many({ organization_id: organization }),
          response: { 200: page(RuleChange) },
        },
      },
      async (request, reply) => {
        const { query: asked } = request
        const found = await rules.listRuleChanges(
          {
            organizationId: await organizationId(clients, asked.organization_id, request),
            ruleId: '',
            limit: asked.limit ?? 0,
            cursor: text(asked.cursor),
          },
          reading(request),
        )
        return sendPage(request, reply, found.changes, found.nextCursor, printRuleChange)
      },
    )

    app.post(
      '/rules/undo',
      {
        schema: {
          operationId: 'undoRuleChange',
          tags,
          summary: 'Take one change back and keep the later ones',
          description: 'What later changes contradict is named field by field (409).',
          security: signedIn,
          body: closed({
            organization,
            sequence: decimal('The change, as `GET /rule-changes` lists it.', '1042'),
          }),
          response: {
            200: Type.Object({
              created: integerOut('Rules that are back.', 0),
              updated: integerOut('Rules that are as before.', 1),
              deleted: integerOut('Rules that are gone again.', 0),
            }),
          },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const done = await rules.undoRuleChange(
          {
            organization: await organizationId(clients, request.body.organization, request),
            sequence: Number(request.body.sequence),
          },
          options,
        )
        return {
          created: done.created ?? 0,
          updated: done.updated ?? 0,
          deleted: done.deleted ?? 0,
        }
      },
    )

    app.get(
      '/rule-set',
      {
        schema: {
          operationId: 'getRuleSet',
          tags,
          summary: 'The rules as a whole, and the change that waits for confirmation',
          description: 'With `at` it does not say which nodes were missing then.',
          security: signedIn,
          querystring: pastOne({ organization }),
          response: { 200: ref(RuleSet) },
        },
      },
      async (request) => {
        const inOrganization = await organizationId(clients, request.query.organization, request)
        const found = await rules.getRuleSet({ organization: inOrganization }, reading(request))
        return printRuleSet(present(found.ruleSet, 'rule set'))
      },
    )

    app.patch(
      '/rule-set',
      {
        schema: {
          operationId: 'updateRuleSet',
          tags,
          summary: 'Change settings of the rules as a whole',
          security: signedIn,
          body: closed({
            organization,
            allow_lockout: flagIn(
              'True leaves out the rules that keep WireGuard ports and the hosts’ own connection open.',
              false,
            ),
          }),
          response: { 200: ref(RuleSet) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const changed = await rules.updateRuleSet(
          {
            organization: await organizationId(clients, request.body.organization, request),
            isLockoutAllowed: request.body.allow_lockout,
          },
          options,
        )
        return printRuleSet(present(changed.ruleSet, 'rule set'))
      },
    )

    app.post(
      '/rules/reorder',
      {
        schema: {
          operationId: 'reorderRules',
          tags,
          summary: 'Give rules new priorities, as one change',
          security: signedIn,
          body: closed({
            organization,
            priorities: Type.Array(
              closed({
                rule: named('rule', 'block-scanner'),
                priority: Type.Integer({ minimum: 0, maximum: 1000, examples: [800] }),
              }),
              { minItems: 1, maxItems: 10_000, description: 'The rules that get another one.' },
            ),
          }),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const { body } = request
        const inOrganization = await organizationId(clients, body.organization, request)
        const priorities = await Promise.all(
          body.priorities.map(async ({ rule, priority }) => ({
            ruleId: /^[0-9a-f]{8}-/.test(rule)
              ? rule
              : ((await findRule(clients, rule, inOrganization, request)).id ?? ''),
            priority,
          })),
        )
        await rules.reorderRules({ organization: inOrganization, priorities }, options)
        return empty(reply)
      },
    )
  }
