import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { etagOf } from '../http/etag.ts'

export type Routes = FastifyPluginAsyncTypebox

/** `security` of a route: every route says which it is, and a test looks. */
export const signedIn = [{ bearer: [] }] as const
export const anyone = [] as const

export const prefix = '/api/v1'

/** Sends what a write made or changed, with its tag. */
export function sendChanged<Body extends { readonly revision: string }>(
  reply: FastifyReply,
  body: Body,
): FastifyReply {
  reply.header('etag', etagOf(body.revision))
  return reply.send(body)
}

/** Sends a created object: 201, its address and its tag. */
export function sendCreated<Body extends { readonly id: string; readonly revision: string }>(
  reply: FastifyReply,
  collection: string,
  body: Body,
): FastifyReply {
  reply.code(201).header('location', `${prefix}/${collection}/${body.id}`)
  return sendChanged(reply, body)
}
