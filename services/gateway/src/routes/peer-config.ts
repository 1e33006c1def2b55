import { Type } from '@fastify/type-provider-typebox'
import { qrPng, qrSvg } from '@holdfast/net'
import type { FastifyRequest } from 'fastify'
import type { Clients } from '../clients.ts'
import { reading } from '../http/call.ts'
import { named, optional } from '../views/fields.ts'
import { byId, pastOne, text } from './list.ts'
import { type Routes, signedIn } from './route.ts'
import { attachment } from './wg-quick.ts'

const tags = ['peers']
const params = byId('peer')
const querystring = pastOne({ interface: optional(named('interface', 'wg0')) })

/** The configuration handed to a peer. Secrets: `Cache-Control: no-store` stands on every answer. */
export const peerConfigRoutes =
  ({ peers }: Clients): Routes =>
  async (app) => {
    const configOf = (request: FastifyRequest, peer: string, query: { interface?: string }) =>
      peers.getPeerConfig({ peer, interface: text(query.interface) }, reading(request))

    app.get(
      '/peers/:id/config',
      {
        schema: {
          operationId: 'getPeerConfig',
          tags,
          summary: "The peer's wg-quick(8) configuration, secrets included",
          security: signedIn,
          produces: ['text/plain'],
          params,
          querystring,
          response: { 200: Type.String() },
        },
      },
      async (request, reply) => {
        const { config, peerName } = await configOf(request, request.params.id, request.query)
        return reply
          .header('content-type', 'text/plain; charset=utf-8')
          .header('content-disposition', attachment(`${peerName}.conf`))
          .send(config)
      },
    )

    app.get(
      '/peers/:id/config.png',
      {
        schema: {
          operationId: 'getPeerConfigPng',
          tags,
          summary: 'The configuration as a QR code, PNG',
          security: signedIn,
          produces: ['image/png'],
          params,
          querystring,
          response: { 200: Type.Unsafe<Buffer>({ type: 'string', contentEncoding: 'binary' }) },
        },
      },
      async (request, reply) => {
        const { config } = await configOf(request, request.params.id, request.query)
        return reply.header('content-type', 'image/png').send(Buffer.from(await qrPng(config)))
      },
    )

    app.get(
      '/peers/:id/config.svg',
      {
        schema: {
          operationId: 'getPeerConfigSvg',
          tags,
          summary: 'The configuration as a QR code, SVG',
          security: signedIn,
          produces: ['image/svg+xml'],
          params,
          querystring,
          response: { 200: Type.String() },
        },
      },
      async (request, reply) => {
        const { config } = await configOf(request, request.params.id, request.query)
        return reply.header('content-type', 'image/svg+xml').send(await qrSvg(config))
      },
    )
  }
