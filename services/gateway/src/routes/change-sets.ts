import { Type } from '@fastify/type-provider-typebox'
import { invalid } from '@holdfast/errors'
import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { Applied, ChangeSet, operationWords, printChangeSet } from '../views/change-set.ts'
import { closed, flagIn, id, integerIn, named, optional, ref, textIn } from '../views/fields.ts'
import { present, timeOf } from '../views/print.ts'
import { numberOf, printRule } from '../views/rule.ts'
import { empty } from './auth.ts'
import { byId, pastOne, text } from './list.ts'
import { organizationId } from './resolve.ts'
import { type Routes, signedIn } from './route.ts'
import { changesOf, RuleBody, RulePatch, settingsOf } from './rule-body.ts'
import { findRule, organization } from './rules.ts'

const tags = ['rules']
const applyId = optional(textIn(36, 'The one that waits when absent.', '', 36))
const ChangeSets = Type.Object({
  items: Type.Array(ref(ChangeSet)),
  next_cursor: Type.Null({ description: 'There is one page.' }),
})

export const Operation = closed({
  create: optional(RuleBody),
  update: optional(closed({ rule: named('rule', 'block-scanner'), changes: RulePatch })),
  delete: optional(closed({ rule: named('rule', 'block-scanner') })),
})
const operations = Type.Array(Operation, {
  maxItems: 10_000,
  description: 'In order; each is one of create, update and delete.',
})

/** Operations as the service takes them: names looked up, partial updates completed. */
export async function operationsOf(
  clients: Clients,
  wishes: readonly Static<typeof Operation>[],
  inOrganization: string,
  request: FastifyRequest,
) {
  const list = []
  for (const [index, wish] of wishes.entries()) {
    const given = operationWords.filter((word) => wish[word] !== undefined)
    if (given.length !== 1) {
      throw invalid({
        field: `operations[${index}]`,
        code: 'required',
        detail: 'must be exactly one of create, update and delete',
      })
    }
    const kind = numberOf(operationWords, given[0])
    if (wish.create) {
      const settings = await settingsOf(clients, wish.create, inOrganization, request)
      list.push({ kind, ruleId: '', settings })
      continue
    }
    const name = wish.update?.rule ?? wish.delete?.rule ?? ''
    const rule = await findRule(clients, name, inOrganization, request)
    const ruleId = rule.id ?? ''
    if (!wish.update) {
      list.push({ kind, ruleId })
      continue
    }
    const { settings, fields } = await changesOf(
      clients,
      wish.update.changes,
      printRule(rule),
      inOrganization,
      request,
    )
    list.push({ kind, ruleId, settings: merged(rule.settings ?? {}, settings, fields) })
  }
  return list
}

/** The whole settings afterwards: staging takes no field list. Fields are named as in proto. */
function merged<S extends object>(before: S, changes: S, fields: readonly string[]): S {
  const camel = (field: string): string =>
    field.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
  const names = new Set(fields.map(camel))
  const picked = Object.entries(changes).filter(([key]) => names.has(key))
  return { ...before, ...Object.fromEntries(picked) }
}

/** Drafts of the rule set, and changes that hosts take back by themselves. */
export const changeSetRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { changeSets } = clients

    app.get(
      '/change-sets',
      {
        schema: {
          operationId: 'listChangeSets',
          tags,
          summary: 'Drafts that are open',
          security: signedIn,
          querystring: pastOne({ organization_id: organization }),
          response: { 200: ChangeSets },
        },
      },
      async (request) => {
        const found = await changeSets.listChangeSets(
          { organizationId: await organizationId(clients, request.query.organization_id, request) },
          reading(request),
        )
        return { items: (found.changeSets ?? []).map(printChangeSet), next_cursor: null }
      },
    )

    app.post(
      '/change-sets',
      {
        schema: {
          operationId: 'openChangeSet',
          tags,
          summary: 'Open a draft: changes that do nothing until it is applied',
          security: signedIn,
          body: closed({
            organization,
            name: textIn(128, 'What it is about.', 'tighten scanner', 1),
            operations: optional(operations),
          }),
          response: { 201: ref(ChangeSet) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const inOrganization = await organizationId(clients, body.organization, request)
        const staged = body.operations
          ? await operationsOf(clients, body.operations, inOrganization, request)
          : undefined
        const opened = await changeSets.openChangeSet(
          { organization: inOrganization, name: body.name, operations: staged ?? [] },
          options,
        )
        const draft = present(opened.changeSet, 'change set')
        reply.code(201).header('location', `/api/v1/change-sets/${draft.id}`)
        return reply.send(printChangeSet(draft))
      },
    )

    app.get(
      '/change-sets/:id',
      {
        schema: {
          operationId: 'getChangeSet',
          tags,
          summary: 'A draft with its operations',
          security: signedIn,
          params: byId('draft'),
          querystring: pastOne({}),
          response: { 200: ref(ChangeSet) },
        },
      },
      async (request) => {
        const found = await changeSets.getChangeSet({ id: request.params.id }, reading(request))
        return printChangeSet(present(found.changeSet, 'change set'))
      },
    )

    app.put(
      '/change-sets/:id',
      {
        schema: {
          operationId: 'stageChangeSet',
          tags,
          summary: 'Replace the operations of a draft',
          security: signedIn,
          params: byId('draft'),
          body: closed({ operations }),
          response: { 200: ref(ChangeSet) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const { id: draftId } = request.params
        const draft = await changeSets.getChangeSet({ id: draftId }, reading(request))
        const inOrganization = present(draft.changeSet, 'change set').organizationId ?? ''
        const staged = await changeSets.stageChangeSet(
          {
            id: draftId,
            operations: await operationsOf(
              clients,
              request.body.operations,
              inOrganization,
              request,
            ),
          },
          options,
        )
        return printChangeSet(present(staged.changeSet, 'change set'))
      },
    )

    app.delete(
      '/change-sets/:id',
      {
        schema: {
          operationId: 'discardChangeSet',
          tags,
          summary: 'Throw a draft away',
          security: signedIn,
          params: byId('draft'),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        await changeSets.discardChangeSet({ id: request.params.id }, writing(request, reply))
        return empty(reply)
      },
    )

    app.post(
      '/rules/apply',
      {
        schema: {
          operationId: 'applyRules',
          tags,
          summary: 'Apply a draft, or operations given here, as one change',
          description:
            'With `confirm_within_seconds` every host goes back by itself, cut off or not, unless the change is confirmed in time.',
          security: signedIn,
          body: closed({
            organization,
            change_set: optional(textIn(36, 'Id of a draft.', '', 36)),
            operations: optional(operations),
            confirm_within_seconds: optional(integerIn(10, 3600, 'For good when absent.', 60)),
            name: optional(textIn(128, 'What it is about.', 'tighten scanner')),
          }),
          response: { 200: ref(Applied) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const inOrganization = await organizationId(clients, body.organization, request)
        const done = await changeSets.applyChangeSet(
          {
            organization: inOrganization,
            changeSetId: text(body.change_set),
            operations: await operationsOf(clients, body.operations ?? [], inOrganization, request),
            confirmWithinSeconds: body.confirm_within_seconds ?? 0,
            name: text(body.name),
          },
          options,
        )
        return {
          apply_id: done.applyId ?? '',
          confirm_until: timeOf(done.confirmUntilUnixMs),
          created: done.created ?? 0,
          updated: done.updated ?? 0,
          deleted: done.deleted ?? 0,
        }
      },
    )

    app.post(
      '/rules/confirm',
      {
        schema: {
          operationId: 'confirmRules',
          tags,
          summary: 'Keep the change that waits for confirmation',
          description:
            'Refused (409) while a node has not proved that it enforces it, unless forced.',
          security: signedIn,
          body: optional(
            closed({
              organization,
              apply_id: applyId,
              force: optional(flagIn('Even if nodes are missing.', false)),
            }),
          ),
          response: { 200: Type.Object({ apply_id: id('What was confirmed.') }) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const done = await changeSets.confirmChangeSet(
          {
            organization: await organizationId(clients, request.body?.organization, request),
            applyId: text(request.body?.apply_id),
            force: request.body?.force ?? false,
          },
          options,
        )
        return { apply_id: done.applyId ?? '' }
      },
    )

    app.post(
      '/rules/revert',
      {
        schema: {
          operationId: 'revertRules',
          tags,
          summary: 'Go back now instead of waiting',
          security: signedIn,
          body: optional(closed({ organization, apply_id: applyId })),
          response: { 200: Type.Object({ apply_id: id('What was taken back.') }) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const done = await changeSets.revertChangeSet(
          {
            organization: await organizationId(clients, request.body?.organization, request),
            applyId: text(request.body?.apply_id),
          },
          options,
        )
        return { apply_id: done.applyId ?? '' }
      },
    )
  }
