import type { FastifyInstance } from 'fastify'
import { pathOf, RouteNotFound, sendMethodNotAllowed } from './problems.ts'

/** Tells a path nobody serves (404) from one that is served with other methods (405). */
export function allowMethods(app: FastifyInstance): void {
  const served = new Map<string, Set<string>>()
  app.addHook('onRoute', (route) => {
    const methods = served.get(route.url) ?? new Set()
    for (const method of [route.method].flat()) methods.add(method)
    served.set(route.url, methods)
  })
  let patterns: { readonly pattern: RegExp; readonly methods: ReadonlySet<string> }[] = []
  app.addHook('onReady', async () => {
    patterns = [...served].map(([url, methods]) => ({ pattern: patternOf(url), methods }))
  })

  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request.url)
    const allowed = new Set<string>()
    for (const { pattern, methods } of patterns) {
      if (pattern.test(path)) for (const method of methods) allowed.add(method)
    }
    if (allowed.size === 0 || allowed.has(request.method)) {
      throw RouteNotFound({ path: path.slice(0, 256) })
    }
    return sendMethodNotAllowed(request, reply, [...allowed].sort())
  })
}

/** `/peers/:id` matches any one segment there, `*` anything. */
const patternOf = (url: string): RegExp =>
  new RegExp(
    `^${url
      .replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll(/:[A-Za-z_]+/g, '[^/]+')}$`,
  )
