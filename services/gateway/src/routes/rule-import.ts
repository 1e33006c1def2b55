import { Type } from '@fastify/type-provider-typebox'
import { invalid } from '@holdfast/errors'
import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Clients } from '../clients.ts'
import { writing } from '../http/call.ts'
import { closed, flagIn, idOrNull, integerIn, integerOut, optional } from '../views/fields.ts'
import { idOf } from '../views/print.ts'
import { numberOf } from '../views/rule.ts'
import { organizationId } from './resolve.ts'
import { type Routes, signedIn } from './route.ts'
import { RuleBody, settingsOf } from './rule-body.ts'
import { organization } from './rules.ts'

const modes = ['add', 'merge', 'replace'] as const
const maxRules = 100_000
/** 100,000 rules with names and descriptions. */
const bodyLimit = 64 * 1024 * 1024

/** Many rules as one change. */
export const ruleImportRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    app.post(
      '/rules/import',
      {
        bodyLimit,
        // Before the schema looks at each of a million rules, which takes longer than anybody waits.
        preValidation: async (request) => {
          const { rules } = (request.body ?? {}) as { rules?: unknown }
          if (!Array.isArray(rules) || rules.length <= maxRules) return
          throw invalid({
            field: 'rules',
            code: 'too_many',
            detail: `must have ${maxRules} items at most, not ${rules.length}`,
          })
        },
        schema: {
          operationId: 'importRules',
          tags: ['rules'],
          summary: 'Many rules as one change that takes effect at once, whole or not at all',
          security: signedIn,
          body: closed({
            organization,
            mode: optional(
              Type.Unsafe<string>({
                type: 'string',
                enum: [...modes],
                description:
                  'add refuses names that exist; merge updates them; replace also deletes what is not named. add when absent.',
                examples: ['replace'],
              }),
            ),
            rules: Type.Array(RuleBody, { maxItems: maxRules, description: 'At most 100,000.' }),
            dry_run: optional(flagIn('Only say what would happen.', false)),
            confirm_within_seconds: optional(
              integerIn(10, 3600, 'Hosts go back by themselves unless it is confirmed.', 60),
            ),
          }),
          response: {
            200: Type.Object({
              created: integerOut('Rules created.', 2),
              updated: integerOut('Rules changed.', 0),
              deleted: integerOut('Rules deleted.', 0),
              unchanged: integerOut('Rules that were so already.', 0),
              apply_id: idOrNull('Names the application when confirmation is waited for.'),
              warnings: Type.Array(Type.String()),
            }),
          },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const { body } = request
        const inOrganization = await organizationId(clients, body.organization, request)
        const done = await clients.rules.importRules(
          {
            organization: inOrganization,
            rules: await allSettings(clients, body.rules, inOrganization, request),
            mode: numberOf(modes, body.mode ?? 'add'),
            dryRun: body.dry_run ?? false,
            confirmWithinSeconds: body.confirm_within_seconds ?? 0,
          },
          options,
        )
        return {
          created: done.created ?? 0,
          updated: done.updated ?? 0,
          deleted: done.deleted ?? 0,
          unchanged: done.unchanged ?? 0,
          apply_id: idOf(done.applyId ?? ''),
          warnings: done.warnings ?? [],
        }
      },
    )
  }

/** One after the other: a name in a target is looked up, and thousands at once would be a storm. */
async function allSettings(
  clients: Clients,
  bodies: readonly Static<typeof RuleBody>[],
  inOrganization: string,
  request: FastifyRequest,
) {
  const list = []
  for (const body of bodies) {
    list.push(await settingsOf(clients, body, inOrganization, request))
  }
  return list
}
