import { Type } from '@fastify/type-provider-typebox'
import { DomainError, invalid } from '@holdfast/errors'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { sequenceAt, type TimeSource } from '../http/at.ts'
import { reading, writing } from '../http/call.ts'
import {
  closed,
  decimal,
  exampleId,
  flagIn,
  id,
  listIn,
  named,
  optional,
  ref,
  textIn,
  words,
} from '../views/fields.ts'
import { present } from '../views/print.ts'
import {
  PlanChange,
  planChangeKinds,
  pointKinds,
  printPlan,
  printPlanChange,
  printPoint,
  printPointDetails,
  printRestore,
  printUndo,
  printVerification,
  Restore,
  RestorePlan,
  RestorePoint,
  RestorePointDetails,
  RestorePointVerification,
  Undo,
} from '../views/restore.ts'
import { actorNames } from './actor-names.ts'
import { many, one, page, sendPage, text } from './list.ts'
import { existingOrganizationId, organizationId } from './resolve.ts'
import { prefix, type Routes, signedIn } from './route.ts'

const tags = ['restores']
/** A plan is waited for a while, a long archive is read. */
const longMs = 600_000

const byId = closed({ id: textIn(36, 'Id of the restore.', exampleId, 1) })
const byPlan = closed({ id: textIn(36, 'Id of the plan.', exampleId, 1) })
const bySequence = closed({
  sequence: Type.String({
    pattern: '^[1-9][0-9]{0,15}$',
    description: 'Of a commit.',
    examples: ['48112'],
  }),
})
const sequence = (description: string) => ({
  ...decimal(description, '48112'),
  pattern: '^[1-9][0-9]{0,15}$',
})
const reason = optional(
  textIn(500, 'Why; otherwise what `Holdfast-Reason` says.', 'the wrong import'),
)
const withoutRollback = optional(
  flagIn('Go on when the rollback point cannot be taken. That is recorded.', false),
)

/** Restores on the live instance, and the undoing of one commit. */
export const restoreRoutes =
  (clients: Clients, log: TimeSource): Routes =>
  async (app) => {
    const { restores } = clients
    const long = (request: FastifyRequest) => ({ ...reading(request), timeoutMs: longMs })

    /** Where to: exactly one of three ways to say it. */
    async function target(body: {
      to_sequence?: string
      to_time?: string
      before_sequence?: string
    }): Promise<number> {
      const ways = ['to_sequence', 'to_time', 'before_sequence'] as const
      const said = ways.filter((way) => body[way] !== undefined)
      const [way] = said
      if (way === undefined || said.length > 1) {
        const detail = 'name exactly one of to_sequence, to_time and before_sequence'
        throw invalid({ field: said[1] ?? 'to_sequence', code: 'required', detail })
      }
      if (way === 'to_sequence') return Number(body.to_sequence)
      if (way === 'to_time') return await timeIn(log, body.to_time ?? '')
      const before = Number(body.before_sequence) - 1
      if (before >= 1) return before
      const detail = 'there is nothing before the first commit'
      throw invalid({ field: way, code: 'out_of_range', detail })
    }

    async function sendRestore(
      request: FastifyRequest,
      reply: FastifyReply,
      found: Parameters<typeof printRestore>[0] | null | undefined,
    ) {
      const restore = present(found, 'restore')
      const names = await actorNames(clients, [restore.actor], request)
      const body = printRestore(restore, names)
      return reply.code(202).header('location', `${prefix}/restores/${body.id}`).send(body)
    }

    async function sendPlan(
      request: FastifyRequest,
      reply: FastifyReply,
      found: Parameters<typeof printPlan>[0] | null | undefined,
    ) {
      const plan = present(found, 'plan')
      const names = await actorNames(clients, [plan.actor], request)
      const body = printPlan(plan, names)
      return reply.code(201).header('location', `${prefix}/restores/plans/${body.id}`).send(body)
    }

    app.get(
      '/restores/points',
      {
        schema: {
          operationId: 'listRestorePoints',
          tags,
          summary: 'Commits one can restore to, or to just before; newest first',
          description:
            'Needs `backup.restore` everywhere and `audit.log.read`, as everything below `/restores` that shows what happened.',
          security: signedIn,
          querystring: many({
            kind: optional(words(pointKinds, 'Only such; commit stands for all.')),
            q: optional(
              textIn(200, 'Words that all occur in action, name or reason.', 'peer laptop', 1),
            ),
            from: optional(textIn(40, 'Not before this time (RFC 3339).', '2026-04-23T03:00:00Z')),
            to: optional(textIn(40, 'Before this time.', '2026-04-24T03:00:00Z')),
            organization_id: optional(named('organization', 'acme')),
          }),
          response: { 200: page(RestorePoint) },
        },
      },
      async (request, reply) => {
        const { kind, q, from, to, limit = 0, cursor, organization_id } = request.query
        const found = await restores.listRestorePoints(
          {
            // A commit is what every one of them is.
            kind: kind === undefined || kind === 'commit' ? 0 : pointKinds.indexOf(kind) + 1,
            query: text(q),
            fromUnixMs: unixMs(from, 'from'),
            toUnixMs: unixMs(to, 'to'),
            organizationId: await organizationId(clients, organization_id, request),
            limit,
            cursor: text(cursor),
          },
          reading(request),
        )
        const names = await actorNames(
          clients,
          found.points.map((point) => point.actor),
          request,
        )
        return sendPage(request, reply, found.points, found.nextCursor, (point) =>
          printPoint(point, names),
        )
      },
    )

    app.get(
      '/restores/points/:sequence',
      {
        schema: {
          operationId: 'getRestorePoint',
          tags,
          summary: 'What there was right after a commit, and what happened around it',
          security: signedIn,
          params: bySequence,
          querystring: one({}),
          response: { 200: ref(RestorePointDetails) },
        },
      },
      async (request) => {
        const asked = { sequence: Number(request.params.sequence) }
        const found = await restores.getRestorePoint(asked, long(request))
        const who = [found.point, ...found.around].map((point) => point?.actor)
        return printPointDetails(found, await actorNames(clients, who, request))
      },
    )

    app.post(
      '/restores/points/:sequence/verify',
      {
        config: { isUnkeyed: true },
        schema: {
          operationId: 'verifyRestorePoint',
          tags,
          summary: 'Prove the archive up to a commit, and that the keys to it are here',
          description: 'Reads every byte: about a second for 100,000 commits. Changes nothing.',
          security: signedIn,
          params: bySequence,
          response: { 200: ref(RestorePointVerification) },
        },
      },
      async (request) => {
        const asked = { sequence: Number(request.params.sequence) }
        return printVerification(await restores.verifyRestorePoint(asked, long(request)))
      },
    )

    app.post(
      '/restores/plans',
      {
        schema: {
          operationId: 'createRestorePlan',
          tags,
          summary: 'What a restore would change; nothing is changed',
          description:
            'Answers when the plan is made, or after twenty seconds with `status` making: then ask `GET /restores/plans/{id}`. Plans are kept for seven days.',
          security: signedIn,
          body: closed({
            to_sequence: optional(sequence('To right after this commit.')),
            to_time: optional(textIn(40, 'To this time (RFC 3339).', '2026-04-23T03:00:00Z', 1)),
            before_sequence: optional(sequence('To just before this commit.')),
            only: optional(listIn(50, 'Kinds of objects and services; all when absent.', 'peer')),
            organization_id: optional(named('organization', 'acme')),
          }),
          response: { 201: ref(RestorePlan) },
        },
      },
      async (request, reply) => {
        const { body } = request
        const made = await restores.createRestorePlan(
          {
            toSequence: await target(body),
            scope: {
              only: body.only ?? [],
              organizationId: await existingOrganizationId(clients, body.organization_id, request),
            },
          },
          { ...writing(request, reply), timeoutMs: longMs },
        )
        return sendPlan(request, reply, made.plan)
      },
    )

    app.get(
      '/restores/plans/:id',
      {
        schema: {
          operationId: 'getRestorePlan',
          tags,
          summary: 'A plan',
          security: signedIn,
          params: byPlan,
          querystring: one({}),
          response: { 200: ref(RestorePlan) },
        },
      },
      async (request) => {
        const { plan } = await restores.getRestorePlan({ id: request.params.id }, long(request))
        const found = present(plan, 'plan')
        return printPlan(found, await actorNames(clients, [found.actor], request))
      },
    )

    app.get(
      '/restores/plans/:id/changes',
      {
        schema: {
          operationId: 'listRestorePlanChanges',
          tags,
          summary: 'What a plan would change, object by object, in the order of services',
          security: signedIn,
          params: byPlan,
          querystring: many(
            {
              change: optional(words(planChangeKinds, 'Only such.')),
              kind: optional(textIn(64, 'Only of this kind of objects.', 'peer', 1)),
            },
            1000,
          ),
          response: { 200: page(PlanChange) },
        },
      },
      async (request, reply) => {
        const { change, kind, limit = 0, cursor } = request.query
        const found = await restores.listPlanChanges(
          {
            id: request.params.id,
            change: text(change),
            kind: text(kind),
            limit,
            cursor: text(cursor),
          },
          reading(request),
        )
        return sendPage(request, reply, found.changes, found.nextCursor, printPlanChange)
      },
    )

    app.post(
      '/restores',
      {
        schema: {
          operationId: 'applyRestorePlan',
          tags,
          summary: 'Carry out a plan, if it would still change the same things',
          description:
            'Answers at once; `GET /restores/{id}` tells how it goes, and it goes on by itself whatever crashes. First the rollback point: when it cannot be taken nothing is changed, unless `allow_without_rollback` says otherwise.',
          security: signedIn,
          body: closed({
            plan_id: id('Of the plan.'),
            reason,
            allow_without_rollback: withoutRollback,
          }),
          response: { 202: ref(Restore) },
        },
      },
      async (request, reply) => {
        const { plan_id, allow_without_rollback = false } = request.body
        const begun = await restores.applyRestorePlan(
          {
            planId: plan_id,
            reason: text(request.body.reason),
            allowWithoutRollback: allow_without_rollback,
          },
          { ...writing(request, reply), timeoutMs: longMs },
        )
        return sendRestore(request, reply, begun.restore)
      },
    )

    app.get(
      '/restores',
      {
        schema: {
          operationId: 'listRestores',
          tags,
          summary: 'Restores on the live instance, newest first',
          security: signedIn,
          querystring: many({}),
          response: { 200: page(Restore) },
        },
      },
      async (request, reply) => {
        const { limit = 0, cursor } = request.query
        const found = await restores.listRestores({ limit, cursor: text(cursor) }, reading(request))
        const who = found.restores.map(({ actor }) => actor)
        const names = await actorNames(clients, who, request)
        return sendPage(request, reply, found.restores, found.nextCursor, (restore) =>
          printRestore(restore, names),
        )
      },
    )

    app.get(
      '/restores/:id',
      {
        schema: {
          operationId: 'getRestore',
          tags,
          summary: 'How a restore goes, or went',
          security: signedIn,
          params: byId,
          querystring: one({}),
          response: { 200: ref(Restore) },
        },
      },
      async (request) => {
        const { restore } = await restores.getRestore({ id: request.params.id }, reading(request))
        const found = present(restore, 'restore')
        return printRestore(found, await actorNames(clients, [found.actor], request))
      },
    )

    app.post(
      '/restores/:id/undo',
      {
        schema: {
          operationId: 'undoRestore',
          tags,
          summary: 'Undo a restore: back to the state right before it began',
          description:
            'A restore like any other, of the same scope: it takes its own rollback point. What was changed since goes back as well; `dry_run` answers 201 with the plan.',
          security: signedIn,
          params: byId,
          body: closed({
            dry_run: optional(flagIn('Only make the plan.', false)),
            reason,
            allow_without_rollback: withoutRollback,
          }),
          response: { 201: ref(RestorePlan), 202: ref(Restore) },
        },
      },
      async (request, reply) => {
        const { dry_run = false, allow_without_rollback = false } = request.body
        const done = await restores.undoRestore(
          {
            id: request.params.id,
            isDryRun: dry_run,
            reason: text(request.body.reason),
            allowWithoutRollback: allow_without_rollback,
          },
          { ...writing(request, reply), timeoutMs: longMs },
        )
        return dry_run
          ? sendPlan(request, reply, done.plan)
          : sendRestore(request, reply, done.restore)
      },
    )

    app.post(
      '/undo',
      {
        schema: {
          operationId: 'undoCommit',
          tags,
          summary: 'Take one commit back, and keep what came later',
          description:
            'By a commit of its own, all of it or nothing. A field that somebody changed since is a conflict: a dry run answers it, otherwise the problem `restore.undo_conflict` names each.',
          security: signedIn,
          body: closed({
            sequence: sequence('The commit.'),
            dry_run: optional(flagIn('Only say what would be changed.', false)),
            reason,
          }),
          response: { 200: ref(Undo) },
        },
      },
      async (request, reply) => {
        const { dry_run = false } = request.body
        const found = await restores.undoCommit(
          {
            sequence: Number(request.body.sequence),
            isDryRun: dry_run,
            reason: text(request.body.reason),
          },
          { ...writing(request, reply), timeoutMs: longMs },
        )
        const who = [found.commit?.actor, ...found.conflicts.map(({ by }) => by)]
        return printUndo(found, await actorNames(clients, who, request))
      },
    )
  }

/** As `sequenceAt`, with complaints about the field it came in. */
async function timeIn(log: TimeSource, at: string): Promise<number> {
  try {
    if (/^\d+$/.test(at)) throw notATime('to_time')
    return await sequenceAt(log, at)
  } catch (error) {
    if (!(error instanceof DomainError) || error.fields.length === 0) throw error
    throw invalid(...error.fields.map((one) => ({ ...one, field: 'to_time' })))
  }
}

const notATime = (field: string) =>
  invalid({ field, code: 'malformed', detail: 'must be a time like 2026-11-20T09:30:00Z' })

function unixMs(time: string | undefined, field: string): number {
  if (time === undefined) return 0
  const found = Date.parse(time)
  if (Number.isNaN(found) || found < 0) throw notATime(field)
  return found
}
