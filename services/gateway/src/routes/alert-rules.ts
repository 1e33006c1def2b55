import { Type } from '@fastify/type-provider-typebox'
import { isUuid } from '@holdfast/domain'
import type { FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { sendObject } from '../http/etag.ts'
import { AlertRule, alertSeverities, numberOf, printAlertRule } from '../views/alert.ts'
import {
  closed,
  flagIn,
  integerIn,
  integerOut,
  listIn,
  named,
  optional,
  ref,
  textIn,
  textOut,
  words,
} from '../views/fields.ts'
import { present } from '../views/print.ts'
import { empty } from './auth.ts'
import { byId, page, pastMany, pastOne, sendPage, text } from './list.ts'
import { existingOrganizationId, organizationId } from './resolve.ts'
import { type Routes, sendChanged, sendCreated, signedIn } from './route.ts'

const tags = ['alerts']
const monthMs = 30 * 86_400_000

const name = textIn(128, '1 to 128 characters, unique in its place.', 'Peers are deleted', 1)
const severity = words(alertSeverities, 'Of the alerts it raises.')
const settings = {
  description: optional(textIn(1000, 'Free text.', 'Somebody cleans up')),
  actions: optional(
    listIn(
      50,
      'Action codes, or their beginnings. A rule watches actions or alarms.',
      'network.peer',
    ),
  ),
  alarms: optional(listIn(50, 'Alarm codes, or their beginnings.', 'backup.validation')),
  filter: optional(
    textIn(1000, 'What must hold of the event (docs/webhooks.md).', 'data.actor.kind == "api_key"'),
  ),
  threshold: optional(
    integerIn(0, 1_000, 'So many within the window raise one alert; 0 and 1: each does.', 10),
  ),
  window_ms: optional(integerIn(0, monthMs, 'Length of that window, ms.', 60_000)),
  mail_to: optional(listIn(20, 'Mail addresses that are told.', 'ops@example.org')),
  is_enabled: optional(flagIn('Whether it watches; true when absent.', true)),
}

/** A rule's id from its name, for writes. */
async function ruleId(clients: Clients, idOrName: string, request: FastifyRequest) {
  if (isUuid(idOrName)) return idOrName
  const found = await clients.alerts.getAlertRule({ rule: idOrName }, reading(request))
  return present(found.rule, 'rule').id ?? ''
}

/** What raises an alert. */
export const alertRuleRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { alerts } = clients

    app.get(
      '/alert-rules',
      {
        schema: {
          operationId: 'listAlertRules',
          tags,
          summary: 'Alert rules the caller may see, by name; those of the product included',
          description: '`watching` counts the enabled ones, whatever the page.',
          security: signedIn,
          querystring: pastMany({
            organization_id: optional(named('organization', 'Acme')),
            organization: optional(named('organization', 'Acme')),
          }),
          response: {
            200: Type.Object({
              ...page(AlertRule).properties,
              watching: integerOut('Enabled rules the caller may see.', 16),
            }),
          },
        },
      },
      async (request, reply) => {
        const { query } = request
        const options = reading(request)
        const within = query.organization_id ?? query.organization
        const found = await alerts.listAlertRules(
          {
            limit: query.limit ?? 0,
            cursor: text(query.cursor),
            organizationId: await organizationId(clients, within, request),
          },
          options,
        )
        return {
          ...sendPage(request, reply, found.rules ?? [], found.nextCursor, printAlertRule),
          watching: Number(found.watching ?? 0),
        }
      },
    )

    app.post(
      '/alert-rules',
      {
        schema: {
          operationId: 'createAlertRule',
          tags,
          summary: 'Create an alert rule',
          description:
            "In the caller's only organization when none is named; a super-admin's watches everything then.",
          security: signedIn,
          body: closed({
            organization_id: optional(named('organization', 'Acme')),
            organization: optional(named('organization', 'Acme')),
            name,
            severity,
            ...settings,
          }),
          response: { 201: ref(AlertRule) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const within = body.organization_id ?? body.organization
        const made = await alerts.createAlertRule(
          {
            organizationId: await existingOrganizationId(clients, within, request),
            settings: {
              name: body.name,
              severity: numberOf(alertSeverities, body.severity),
              description: text(body.description),
              actions: body.actions ?? [],
              alarms: body.alarms ?? [],
              filter: text(body.filter),
              threshold: body.threshold ?? 0,
              windowMs: body.window_ms ?? 0,
              isEnabled: body.is_enabled ?? true,
            },
            mailTo: body.mail_to ?? [],
          },
          options,
        )
        return sendCreated(reply, 'alert-rules', printAlertRule(present(made.rule, 'rule')))
      },
    )

    app.post(
      '/alert-rules/test-mail',
      {
        config: { isUnkeyed: true },
        schema: {
          operationId: 'testMail',
          tags,
          summary: 'Send a test mail to one address through the mail server',
          description: 'At most ten a minute. Answers what the server said.',
          security: signedIn,
          body: closed({ to: textIn(254, 'Who gets it.', 'ops@example.org', 1) }),
          response: { 200: Type.Object({ answer: textOut('What the server said.', '250 OK') }) },
        },
      },
      async (request, reply) => {
        const sent = await alerts.testMail({ to: request.body.to }, writing(request, reply))
        return { answer: sent.answer ?? '' }
      },
    )

    app.get(
      '/alert-rules/:id',
      {
        schema: {
          operationId: 'getAlertRule',
          tags,
          summary: 'One alert rule, by id or name',
          security: signedIn,
          params: byId('alert rule'),
          querystring: pastOne({}),
          response: { 200: ref(AlertRule) },
        },
      },
      async (request, reply) => {
        const found = await alerts.getAlertRule({ rule: request.params.id }, reading(request))
        return sendObject(request, reply, printAlertRule(present(found.rule, 'rule')))
      },
    )

    app.patch(
      '/alert-rules/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'updateAlertRule',
          tags,
          summary: 'Change an alert rule',
          security: signedIn,
          params: byId('alert rule'),
          body: closed(
            { name: optional(name), severity: optional(severity), ...settings },
            { minProperties: 1 },
          ),
          response: { 200: ref(AlertRule) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const changed = await alerts.updateAlertRule(
          {
            id: await ruleId(clients, request.params.id, request),
            name: body.name ?? null,
            severity: body.severity === undefined ? null : numberOf(alertSeverities, body.severity),
            description: body.description ?? null,
            filter: body.filter ?? null,
            threshold: body.threshold ?? null,
            windowMs: body.window_ms ?? null,
            isEnabled: body.is_enabled ?? null,
            actions: body.actions ? { items: body.actions } : null,
            alarms: body.alarms ? { items: body.alarms } : null,
            mailTo: body.mail_to ? { items: body.mail_to } : null,
          },
          options,
        )
        return sendChanged(reply, printAlertRule(present(changed.rule, 'rule')))
      },
    )

    app.delete(
      '/alert-rules/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'deleteAlertRule',
          tags,
          summary: 'Delete an alert rule; its alerts stay',
          security: signedIn,
          params: byId('alert rule'),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        await alerts.deleteAlertRule(
          { id: await ruleId(clients, request.params.id, request) },
          options,
        )
        return empty(reply)
      },
    )
  }
