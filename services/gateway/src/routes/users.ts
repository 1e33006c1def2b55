import { Type } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { sendObject } from '../http/etag.ts'
import {
  closed,
  flagIn,
  id,
  named,
  optional,
  ref,
  textIn,
  textOut,
  words,
} from '../views/fields.ts'
import { present } from '../views/print.ts'
import { printUser, roleNumber, roles, User } from '../views/user.ts'
import { byId, page, pastMany, pastOne, sendPage, text } from './list.ts'
import { organizationId, userId } from './resolve.ts'
import { type Routes, sendChanged, sendCreated, signedIn } from './route.ts'

const tags = ['users']
const Binding = closed({
  role: words(roles, 'What the user may do.'),
  organization_id: optional(
    Type.Unsafe<string | null>({
      type: ['string', 'null'],
      maxLength: 256,
      description: 'Id or name of the organization; null for super_admin, which holds everywhere.',
      examples: ['Acme'],
    }),
  ),
})

/** People and their roles. */
export const userRoutes =
  (clients: Clients): Routes =>
  async (app) => {
    const { users } = clients
    const bindingOf = async (binding: Static<typeof Binding>, request: FastifyRequest) => ({
      role: roleNumber(binding.role),
      organizationId: await organizationId(clients, binding.organization_id ?? undefined, request),
    })

    app.get(
      '/users',
      {
        schema: {
          operationId: 'listUsers',
          tags,
          summary: 'Users the caller may see, by user name',
          security: signedIn,
          querystring: pastMany({
            organization_id: optional(named('organization', 'Acme')),
            q: optional(textIn(256, 'Part of user name, e-mail or display name.', 'ada')),
          }),
          response: { 200: page(User) },
        },
      },
      async (request, reply) => {
        const { query } = request
        const options = reading(request)
        const found = await users.listUsers(
          {
            limit: query.limit ?? 0,
            cursor: text(query.cursor),
            organizationId: await organizationId(clients, query.organization_id, request),
            query: text(query.q),
          },
          options,
        )
        return sendPage(request, reply, found.users, found.nextCursor, printUser)
      },
    )

    app.post(
      '/users',
      {
        schema: {
          operationId: 'createUser',
          tags,
          summary: 'Create a user',
          description:
            'Without a password one is generated and answered once, in `generated_password`.',
          security: signedIn,
          body: closed({
            username: textIn(64, '`^[a-zA-Z0-9_.-]{3,64}$`, unique regardless of case.', 'ada', 1),
            email: textIn(320, 'E-mail address.', 'ada@example.org', 1),
            display_name: optional(textIn(256, 'For people.', 'Ada Lovelace')),
            password: optional(
              textIn(1024, '12 to 256 characters.', 'correct horse battery staple'),
            ),
            bindings: optional(Type.Array(Binding, { maxItems: 100, description: 'Roles.' })),
          }),
          response: {
            201: Type.Intersect([
              ref(User),
              Type.Object({
                generated_password: optional(Type.String({ description: 'Only this once.' })),
              }),
            ]),
          },
        },
      },
      async (request, reply) => {
        const { body } = request
        const options = writing(request, reply)
        const made = await users.createUser(
          {
            username: body.username,
            email: body.email,
            displayName: text(body.display_name),
            password: text(body.password),
            bindings: await Promise.all((body.bindings ?? []).map((b) => bindingOf(b, request))),
          },
          options,
        )
        return sendCreated(reply, 'users', {
          ...printUser(present(made.user, 'user')),
          ...(made.generatedPassword ? { generated_password: made.generatedPassword } : {}),
        })
      },
    )

    app.get(
      '/users/:id',
      {
        schema: {
          operationId: 'getUser',
          tags,
          summary: 'One user, by id or user name',
          security: signedIn,
          params: byId('user'),
          querystring: pastOne({}),
          response: { 200: ref(User) },
        },
      },
      async (request, reply) => {
        const { user } = await users.getUser({ user: request.params.id }, reading(request))
        return sendObject(request, reply, printUser(present(user, 'user')))
      },
    )

    app.patch(
      '/users/:id',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'updateUser',
          tags,
          summary: 'Disable or enable a user',
          description: 'Disabling ends the sessions.',
          security: signedIn,
          params: byId('user'),
          body: closed({ is_disabled: flagIn('A disabled user cannot sign in.', true) }),
          response: { 200: ref(User) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const id = await userId(clients, request.params.id, request)
        const { user } = await users.setUserDisabled(
          { userId: id, isDisabled: request.body.is_disabled },
          options,
        )
        return sendChanged(reply, printUser(present(user, 'user')))
      },
    )

    app.post(
      '/users/:id/erase',
      {
        schema: {
          operationId: 'eraseUser',
          tags,
          summary: 'Forget a person',
          description:
            "Destroys the keys the person's data is sealed with: names, address and password become unreadable here, in the log and in its archive, now and in what was kept of before. What was done stays in the log, and every proof of it verifies. Cannot be undone. For super-admins.",
          security: signedIn,
          params: byId('user'),
          body: closed({
            confirm_username: textIn(
              256,
              'The user name once more: who types it means it.',
              'carol',
              1,
            ),
          }),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const id = await userId(clients, request.params.id, request)
        await users.eraseUser(
          { userId: id, confirmUsername: request.body.confirm_username },
          options,
        )
        return reply.code(204).send(null)
      },
    )

    app.post(
      '/users/names',
      {
        config: { isUnkeyed: true },
        schema: {
          operationId: 'nameUsers',
          tags,
          summary: 'What people are called',
          description:
            'For lists of what they did. Those you may not see are left out; somebody who was forgotten is "[erased]".',
          security: signedIn,
          body: closed({
            user_ids: Type.Array(id('User id.'), { maxItems: 500, description: 'Whose names.' }),
          }),
          response: {
            200: Type.Object({
              items: Type.Array(
                Type.Object({
                  user_id: id('User id.'),
                  username: textOut('User name.', 'carol'),
                }),
              ),
            }),
          },
        },
      },
      async (request) => {
        const { names } = await users.nameUsers(
          { userIds: request.body.user_ids },
          reading(request),
        )
        return {
          items: names.map(({ userId: user, username }) => ({
            user_id: user ?? '',
            username: username ?? '',
          })),
        }
      },
    )

    app.post(
      '/users/:id/roles',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'grantRole',
          tags,
          summary: 'Give a user a role',
          description: 'Giving it twice is one fact.',
          security: signedIn,
          params: byId('user'),
          body: Binding,
          response: { 200: ref(User) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const { user } = await users.grantRole(
          {
            userId: await userId(clients, request.params.id, request),
            binding: await bindingOf(request.body, request),
          },
          options,
        )
        return sendChanged(reply, printUser(present(user, 'user')))
      },
    )

    app.delete(
      '/users/:id/roles/:role',
      {
        config: { isConditional: true },
        schema: {
          operationId: 'revokeRole',
          tags,
          summary: 'Take a role away',
          description: 'The last super-admin keeps it.',
          security: signedIn,
          params: closed({
            id: textIn(256, 'Id or name of the user.', 'ada', 1),
            role: words(roles, 'The role.'),
          }),
          querystring: closed({ organization_id: optional(named('organization', 'Acme')) }),
          response: { 200: ref(User) },
        },
      },
      async (request, reply) => {
        const options = writing(request, reply)
        const { role, id } = request.params
        const { user } = await users.revokeRole(
          {
            userId: await userId(clients, id, request),
            binding: await bindingOf(
              { role, organization_id: request.query.organization_id ?? null },
              request,
            ),
          },
          options,
        )
        return sendChanged(reply, printUser(present(user, 'user')))
      },
    )
  }
