import { Type } from '@fastify/type-provider-typebox'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { closed, ref, words } from '../views/fields.ts'
import { LogState, LogVerification, printLogState, printVerification } from '../views/log-state.ts'
import { present } from '../views/print.ts'
import { type Routes, signedIn } from './route.ts'

const tags = ['operator']
/** Every commit is read twice. */
const comparingMs = 600_000

/** Log and archive, for who runs the instance. All of it works while nothing can be changed. */
export const operatorRoutes =
  ({ archive }: Clients): Routes =>
  async (app) => {
    app.get(
      '/operator/log',
      {
        schema: {
          operationId: 'getLogState',
          tags,
          summary: 'How log and archive stand, and whether changes are taken',
          description: 'For super-admins. Works while changes are not taken.',
          security: signedIn,
          querystring: closed({}),
          response: { 200: ref(LogState) },
        },
      },
      async (request) => {
        const { state } = await archive.getLogState({}, reading(request))
        return printLogState(present(state, 'state'))
      },
    )

    app.post(
      '/operator/log/verify',
      {
        config: { isUnkeyed: true },
        schema: {
          operationId: 'verifyLog',
          tags,
          summary: 'Compare every commit in log and archive now',
          description:
            'Answers when done: minutes for a log of millions. A second request joins the comparison under way.',
          security: signedIn,
          querystring: closed({}),
          response: { 200: ref(LogVerification) },
        },
      },
      async (request) =>
        printVerification(
          await archive.verifyLog({}, { ...reading(request), timeoutMs: comparingMs }),
        ),
    )

    app.post(
      '/operator/log/repair',
      {
        config: { isUnkeyed: true },
        schema: {
          operationId: 'repairLog',
          tags,
          summary: 'Decide which of log and archive is right where they disagree',
          description:
            'Only while `writes` is `frozen`. From `first_bad_sequence` on, the one that is trusted replaces the other; what is overruled is kept aside. `backup.repair_stale` when the state is another than the one last shown.',
          security: signedIn,
          querystring: closed({}),
          body: closed({
            first_bad_sequence: Type.String({
              pattern: '^[1-9][0-9]{0,15}$',
              description: 'As `GET /operator/log` shows it.',
              examples: ['1042'],
            }),
            trusted: words(['archive', 'log'], 'Which of the two is right.'),
          }),
          response: { 200: ref(LogState) },
        },
      },
      async (request, reply) => {
        const { first_bad_sequence, trusted } = request.body
        const { state } = await archive.repairLog(
          { firstBadSequence: Number(first_bad_sequence), trusted },
          { ...writing(request, reply), timeoutMs: comparingMs },
        )
        return printLogState(present(state, 'state'))
      },
    )
  }
