import type { Clients } from '../clients.ts'
import { reading } from '../http/call.ts'
import { closed, ref } from '../views/fields.ts'
import {
  printCheck,
  printReadModels,
  printStart,
  ReadModelCheck,
  ReadModelCheckStart,
  ReadModelList,
} from '../views/read-model.ts'
import { type Routes, signedIn } from './route.ts'

const tags = ['operator']

/** Read models, and whether they equal a replay. */
export const readModelRoutes =
  ({ readModels }: Clients): Routes =>
  async (app) => {
    app.get(
      '/operator/read-models',
      {
        schema: {
          operationId: 'listReadModels',
          tags,
          summary: 'Read models of all services, and how far they follow the log',
          description: 'For super-admins.',
          security: signedIn,
          querystring: closed({}),
          response: { 200: ref(ReadModelList) },
        },
      },
      async (request) => printReadModels(await readModels.listReadModels({}, reading(request))),
    )

    app.post(
      '/operator/read-models/check',
      {
        config: { isUnkeyed: true },
        schema: {
          operationId: 'checkReadModels',
          tags,
          summary: 'Compare all read models with a replay of the log',
          description:
            'Begins and answers at once; a check under way is joined. The log is replayed beside the live rows, which nobody notices. `GET` of the same address tells how far it is and what came out.',
          security: signedIn,
          querystring: closed({}),
          response: { 202: ref(ReadModelCheckStart) },
        },
      },
      async (request, reply) => {
        const said = await readModels.checkReadModels({}, reading(request))
        return reply.code(202).send(printStart(said, Date.now()))
      },
    )

    app.get(
      '/operator/read-models/check',
      {
        schema: {
          operationId: 'getReadModelCheck',
          tags,
          summary: 'The comparison of read models under way, or the last one',
          description:
            'Of each service its last check since it started, nightly ones included. A difference names the first row by table and key, and the columns; never values.',
          security: signedIn,
          querystring: closed({}),
          response: { 200: ref(ReadModelCheck) },
        },
      },
      async (request) => printCheck(await readModels.getCheck({}, reading(request))),
    )
  }
