import { Type } from '@fastify/type-provider-typebox'
import { invalid } from '@holdfast/errors'
import type { holdfast } from '@holdfast/proto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading, writing } from '../http/call.ts'
import { closed, component, id, optional, ref, textIn, textOut } from '../views/fields.ts'
import { present } from '../views/print.ts'
import { printUser, User } from '../views/user.ts'
import { one } from './list.ts'
import { anyone, type Routes, signedIn } from './route.ts'

export const Tokens = component('Tokens', {
  access_token: optional(textOut('Send it as `Authorization: Bearer …`.', 'eyJhbGciOiJFZERTQSIs…')),
  refresh_token: optional(textOut('Good for one refresh.', 'hf_rt_…')),
  expires_in: optional(
    Type.Integer({ description: 'Seconds the access token lives.', examples: [900] }),
  ),
  challenge: optional(textOut('Instead of tokens when a second factor is needed.', 'hf_ch_…')),
  methods: optional(
    Type.Array(Type.String(), { description: 'Factors that answer the challenge.' }),
  ),
})

export const Me = component('Me', {
  user: ref(User),
  session_id: id('Session of the token.'),
  permissions: Type.Record(Type.String(), Type.Array(Type.String()), {
    description: 'Permission codes by organization id; `*` holds those that apply everywhere.',
    examples: [{ '*': ['network.peers.read'] }],
  }),
})

const password = (description: string) =>
  textIn(1024, description, 'correct horse battery staple', 1)
const tags = ['auth']

/** Sign-in and sessions. */
export const authRoutes =
  ({ auth }: Clients): Routes =>
  async (app) => {
    const strict = { isPublic: true, isSignIn: true, isUnkeyed: true, isRecordedByAuth: true }

    app.post(
      '/auth/login',
      {
        config: strict,
        schema: {
          operationId: 'login',
          tags,
          summary: 'Sign in',
          description: 'Exchanges a user name or e-mail address and a password for tokens.',
          security: anyone,
          body: closed({
            username: optional(textIn(320, 'User name; an e-mail address is taken too.', 'ada', 1)),
            email: optional(
              textIn(320, 'E-mail address, instead of the user name.', 'ada@example.org', 1),
            ),
            password: password('The password.'),
          }),
          response: { 200: ref(Tokens) },
        },
      },
      async (request, reply) => {
        const { username, email, password } = request.body
        if ((username === undefined) === (email === undefined)) {
          throw invalid({
            field: 'username',
            code: username === undefined ? 'required' : 'conflict',
            detail: 'give a user name or an e-mail address, one of them',
          })
        }
        const answer = await auth.login(
          { login: username ?? email ?? '', password, ...whence(request) },
          writing(request, reply),
        )
        if (answer.tokens) return reply.send(printTokens(answer.tokens))
        return reply.send({ challenge: answer.challenge, methods: answer.methods })
      },
    )

    app.post(
      '/auth/refresh',
      {
        config: strict,
        schema: {
          operationId: 'refreshTokens',
          tags,
          summary: 'Rotate the refresh token',
          description:
            'A refresh token works once. Using it twice ends every session that came of it.',
          security: anyone,
          body: closed({ refresh_token: textIn(2048, 'The refresh token.', 'hf_rt_…', 1) }),
          response: { 200: ref(Tokens) },
        },
      },
      async (request, reply) => {
        const answer = await auth.refresh(
          { refreshToken: request.body.refresh_token, ...whence(request) },
          writing(request, reply),
        )
        return reply.send(printTokens(present(answer.tokens, 'tokens')))
      },
    )

    app.post(
      '/auth/logout',
      {
        config: { isUnkeyed: true },
        schema: {
          operationId: 'logout',
          tags,
          summary: 'End the session',
          security: signedIn,
          body: optional(
            closed({
              refresh_token: optional(textIn(2048, 'Its family of tokens ends too.', 'hf_rt_…', 1)),
            }),
          ),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const refreshToken = request.body?.refresh_token ?? ''
        await auth.logout({ refreshToken }, writing(request, reply))
        return empty(reply)
      },
    )

    app.post(
      '/auth/password',
      {
        config: { isSignIn: true, isRecordedByAuth: true },
        schema: {
          operationId: 'changePassword',
          tags,
          summary: 'Change the own password',
          description: 'Ends the other sessions.',
          security: signedIn,
          body: closed({
            current_password: password('The present password.'),
            new_password: password('12 to 256 characters.'),
          }),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const { current_password, new_password } = request.body
        await auth.changePassword(
          { currentPassword: current_password, newPassword: new_password },
          writing(request, reply),
        )
        return empty(reply)
      },
    )

    app.get(
      '/auth/me',
      {
        schema: {
          operationId: 'getMe',
          tags,
          summary: 'Who am I and what may I do',
          security: signedIn,
          querystring: one({}),
          response: { 200: ref(Me) },
        },
      },
      async (request, reply) => {
        const me = await auth.getMe({}, reading(request))
        return reply.send({
          user: printUser(present(me.user, 'user')),
          session_id: me.sessionId,
          permissions: permissionsOf(me),
        })
      },
    )
  }

export const permissionsOf = (me: holdfast.auth.v1.GetMeResponse): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(me.permissions).map(([organization, list]) => [organization, list.codes ?? []]),
  )

const printTokens = (tokens: holdfast.auth.v1.Tokens.$Properties) => ({
  access_token: tokens.accessToken ?? '',
  refresh_token: tokens.refreshToken ?? '',
  expires_in: tokens.expiresInSeconds ?? 0,
})

/** Where the call came from, for limits and the list of sessions. */
const whence = (request: FastifyRequest) => ({
  clientAddress: request.ip,
  userAgent: (request.headers['user-agent'] ?? '').slice(0, 256),
})

export const empty = (reply: FastifyReply): FastifyReply => reply.code(204).send()
