import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { type FakeGateway, fakeGateway } from '../testing/fake-gateway.ts'
import { version } from '../version.ts'

interface Document {
  openapi: string
  info: { version: string }
  paths: Record<string, Record<string, Record<string, unknown>>>
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> }
}

let gateway: FakeGateway
let document: Document
beforeAll(async () => {
  gateway = await fakeGateway()
  document = (await gateway.app.inject('/api/v1/openapi.json')).json()
})

const operations = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ at: `${method} ${path}`, operation })),
  )

test('the document is OpenAPI 3.1 of this version', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(document.openapi).toBe('3.1.0')
  expect(document.info.version).toBe(version)
  expect(manifest.version).toBe(version)
})

test('every reference leads somewhere', () => {
  const names = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to)
  expect(names.length).toBeGreaterThan(60)
  for (const name of new Set(names)) {
    const target = name?.replace('#/components/schemas/', '') ?? ''
    expect(Object.keys(document.components.schemas), name).toContain(target)
  }
})

test('every operation has a success, a problem and its security', () => {
  expect(document.components.securitySchemes['bearer']).toMatchObject({
    type: 'http',
    scheme: 'bearer',
  })
  for (const { at, operation } of operations()) {
    const responses = Object.keys(operation['responses'] ?? {})
    expect(
      responses.some((status) => status.startsWith('2')),
      at,
    ).toBe(true)
    expect(operation['responses'], at).toMatchObject({
      default: {
        content: {
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    })
    expect(operation['security'], at).toBeDefined()
  }
})

test('every field of a body has an example', () => {
  for (const { at, operation } of operations()) {
    const body = operation['requestBody'] as
      | { content: Record<string, { schema: { properties?: Record<string, object> } }> }
      | undefined
    for (const { schema } of Object.values(body?.content ?? {})) {
      for (const [name, property] of Object.entries(schema.properties ?? {})) {
        const isPlain = 'examples' in property || JSON.stringify(property).includes('examples')
        expect(isPlain, `${at} ${name}`).toBe(true)
      }
    }
  }
})

test('what a client has to know of a write is said', () => {
  const post = document.paths['/api/v1/peers']?.['post']
  expect(post?.['responses']).toMatchObject({
    201: { headers: { ETag: {}, Location: {}, 'Holdfast-Sequence': {} } },
  })
  const named = (operation: Record<string, unknown> | undefined) =>
    ((operation?.['parameters'] ?? []) as { name: string }[]).map(({ name }) => name)
  expect(named(post)).toEqual(['Idempotency-Key', 'Holdfast-Reason'])
  expect(named(document.paths['/api/v1/peers/{id}']?.['patch'])).toEqual(
    expect.arrayContaining(['Idempotency-Key', 'If-Match']),
  )
  expect(document.paths['/api/v1/auth/logout']?.['post']?.['requestBody']).toMatchObject({
    required: false,
  })
  expect(document.paths['/api/v1/auth/login']?.['post']?.['requestBody']).toMatchObject({
    required: true,
  })
  expect(document.paths['/api/v1/interfaces/import']?.['post']?.['requestBody']).toMatchObject({
    content: { 'text/plain': {} },
  })
})

test('the page works under its own policy: nothing in it is inline or from elsewhere', async () => {
  const page = await gateway.app.inject('/api/v1/docs')
  expect(page.statusCode).toBe(200)
  const policy = String(page.headers['content-security-policy'])
  expect(policy).toContain("script-src 'self';")
  expect(policy).not.toContain("script-src 'self' 'unsafe")
  expect(page.body).not.toMatch(/<script(?![^>]*\bsrc=)/)
  expect(page.body).not.toMatch(/\son\w+=|<style|style=/)
  const links = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, to]) => to ?? '')
  expect(links.length).toBeGreaterThan(4)
  for (const link of links) {
    expect(link).toMatch(/^\/api\/v1\/docs\/static\//)
    const asset = await gateway.app.inject(link)
    expect(asset.statusCode, link).toBe(200)
    expect(asset.headers['x-content-type-options']).toBe('nosniff')
  }
  const own = await gateway.app.inject('/api/v1/docs/json')
  expect(own.json()).toEqual(document)
})

test('the page reaches no file but its own', async () => {
  for (const path of ['../package.json', '..%2fpackage.json', '%2e%2e/index.js', 'nothing.js']) {
    const answer = await gateway.app.inject(`/api/v1/docs/static/${path}`)
    expect([400, 403, 404], path).toContain(answer.statusCode)
    expect(answer.headers['content-type'], path).toBe('application/problem+json')
  }
})
