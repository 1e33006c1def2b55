import { Type } from '@fastify/type-provider-typebox'
import { objectKinds } from '@holdfast/catalogue'
import type { FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading } from '../http/call.ts'
import { closed, optional, ref, textIn } from '../views/fields.ts'
import {
  Blame,
  HistoryTarget,
  printBlame,
  printTarget,
  printVersion,
  Version,
} from '../views/history.ts'
import { actorNames } from './actor-names.ts'
import { many, pastOne, sendPage, text } from './list.ts'
import { userId } from './resolve.ts'
import { type Routes, signedIn } from './route.ts'

const tags = ['history']

const ofObject = closed({
  object: textIn(
    256,
    'Id of the object; or its name, which also finds what is gone. People go by user name with `kind=user`.',
    'laptop',
    1,
  ),
})
const kind = optional(
  textIn(
    32,
    `What it is, where a name or id is that of several: ${objectKinds.join(', ')}.`,
    'peer',
    1,
  ),
)

/** History and blame of one object. */
export const historyRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    /** Names of people are sealed in the log, and only auth can read them. */
    const objectOf = (object: string, ofKind: string | undefined, request: FastifyRequest) =>
      ofKind === 'user' ? userId(clients, object, request) : Promise.resolve(object)

    app.get(
      '/history/:object',
      {
        schema: {
          operationId: 'listVersions',
          tags,
          summary: 'What became of an object, newest first',
          description:
            'Every commit that touched it, with the fields it changed. Also of objects that are gone.',
          security: signedIn,
          params: ofObject,
          querystring: many({ kind }, 500),
          response: {
            200: Type.Object({
              target: ref(HistoryTarget),
              items: Type.Array(ref(Version)),
              next_cursor: Type.Unsafe<string | null>({
                type: ['string', 'null'],
                description: 'Ask again with it for older versions; null on the last page.',
              }),
            }),
          },
        },
      },
      async (request, reply) => {
        const { limit = 0, cursor, kind: ofKind } = request.query
        const object = await objectOf(request.params.object, ofKind, request)
        const asked = { object, kind: text(ofKind), limit, cursor: text(cursor) }
        const found = await clients.history.listVersions(asked, reading(request))
        const actors = found.versions.map(({ by }) => by?.actor)
        const names = await actorNames(clients, actors, request)
        const page = sendPage(request, reply, found.versions, found.nextCursor, (version) =>
          printVersion(version, names),
        )
        return { target: printTarget(found.target), ...page }
      },
    )

    app.get(
      '/blame/:object',
      {
        schema: {
          operationId: 'getBlame',
          tags,
          summary: 'Every field of an object: who gave it its value, when and why',
          description: 'Of an object that is gone, its last fields.',
          security: signedIn,
          params: ofObject,
          querystring: pastOne({ kind }),
          response: { 200: ref(Blame) },
        },
      },
      async (request) => {
        const { kind: ofKind } = request.query
        const object = await objectOf(request.params.object, ofKind, request)
        const asked = { object, kind: text(ofKind) }
        const blame = await clients.history.getBlame(asked, reading(request))
        const actors = blame.fields.map(({ by }) => by?.actor)
        return printBlame(blame, await actorNames(clients, actors, request))
      },
    )
  }
