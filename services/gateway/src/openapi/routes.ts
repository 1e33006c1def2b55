import swaggerUi from '@fastify/swagger-ui'
import { Type } from '@fastify/type-provider-typebox'
import type { FastifyInstance } from 'fastify'
import { pageHeaders } from '../http/edge.ts'
import { anyone, prefix, type Routes } from '../routes/route.ts'
import { closed } from '../views/fields.ts'

/** The document and its page. */
export const documentRoutes: Routes = async (app) => {
  let document = ''
  app.addHook('onReady', async () => {
    document = JSON.stringify(app.swagger())
  })
  app.get(
    '/openapi.json',
    {
      config: { isPublic: true },
      schema: {
        operationId: 'getOpenApi',
        tags: ['system'],
        summary: 'This document, OpenAPI 3.1',
        security: anyone,
        querystring: closed({}),
        // Sent as the text it was made into at start.
        response: { 200: Type.Unsafe<string>({ type: 'object', additionalProperties: true }) },
      },
    },
    async (_request, reply) =>
      reply
        .header('content-type', 'application/json; charset=utf-8')
        .header('cache-control', 'no-cache')
        .send(document),
  )
}

/** Swagger UI with its assets inside, under a policy of its own. */
export async function documentPage(app: FastifyInstance): Promise<void> {
  await app.register(async (page) => {
    page.addHook('onRoute', (route) => {
      route.config = { ...route.config, isPublic: true }
    })
    page.addHook('onRequest', (_request, reply, done) => {
      reply.headers(pageHeaders)
      done()
    })
    await page.register(swaggerUi, {
      routePrefix: `${prefix}/docs`,
      staticCSP: false,
      theme: { title: 'Holdfast API' },
      uiConfig: { docExpansion: 'none', persistAuthorization: false, tryItOutEnabled: true },
    })
  })
}
