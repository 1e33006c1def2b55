import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What becomes of a request: `cut` before anything is done, `lost` after it was done and before it is answered. */
export type Fate = 'go' | 'cut' | 'lost' | 'full' | 'forbidden'

export interface DavServer {
  readonly url: string
  /** By key; what a test changes here the location returns. */
  readonly objects: Map<string, { readonly bytes: Buffer; readonly at: number }>
  /** Requests so far. */
  readonly count: number
  fate: (method: string, key: string, count: number) => Fate | Promise<Fate>
  close(): Promise<void>
}

/** A WebDAV server on loopback that keeps objects in memory and fails as it is told to. */
export async function davServer(): Promise<DavServer> {
  const objects: DavServer['objects'] = new Map()
  const folders = new Set([''])
  let count = 0

  async function bodyOf(request: IncomingMessage): Promise<Buffer> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer) // as: no encoding is set
    return Buffer.concat(parts)
  }
  const keyOf = (path: string): string =>
    decodeURIComponent(path)
      .replace(/^\/dav\/?/, '')
      .replace(/\/+$/, '')

  function answer(request: IncomingMessage, body: Buffer): readonly [number, (Buffer | string)?] {
    const key = keyOf(new URL(request.url ?? '/', 'http://x').pathname)
    switch (request.method) {
      case 'MKCOL':
        if (folders.has(key)) return [405]
        folders.add(key)
        return [201]
      case 'PUT':
        objects.set(key, { bytes: body, at: Date.now() })
        return [201]
      case 'MOVE': {
        const to = keyOf(new URL(String(request.headers['destination'])).pathname)
        const found = objects.get(key)
        if (!found) return [404]
        if (objects.has(to) && request.headers['overwrite'] === 'F') return [412]
        objects.delete(key)
        objects.set(to, found)
        return [201]
      }
      case 'DELETE':
        return [objects.delete(key) ? 204 : 404]
      case 'GET': {
        const found = objects.get(key)
        return found ? [200, found.bytes] : [404]
      }
      case 'PROPFIND': {
        const below = key === '' ? '' : `${key}/`
        const isHere = (path: string): boolean =>
          path === key || (path.startsWith(below) && !path.slice(below.length).includes('/'))
        const isDeep = request.headers['depth'] === '1'
        const own = folders.has(key)
        if (!own && !objects.has(key)) return [404]
        const wanted = (path: string): boolean => (isDeep && own ? isHere(path) : path === key)
        const listed = [
          ...[...folders]
            .filter(wanted)
            .map(
              (path) =>
                `<D:response><D:href>/dav/${path}${path ? '/' : ''}</D:href><D:propstat><D:prop><D:resourcetype><D:collection/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`,
            ),
          ...[...objects]
            .filter(([path]) => wanted(path))
            .map(
              ([path, { bytes, at }]) =>
                `<D:response><D:href>/dav/${path}</D:href><D:propstat><D:prop><D:resourcetype/><D:getcontentlength>${bytes.length}</D:getcontentlength><D:getlastmodified>${new Date(at).toUTCString()}</D:getlastmodified></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>`,
            ),
        ]
        return [
          207,
          `<?xml version="1.0"?><D:multistatus xmlns:D="DAV:">${listed.join('')}</D:multistatus>`,
        ]
      }
      default:
        return [405]
    }
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = keyOf(new URL(request.url ?? '/', 'http://x').pathname)
    const fate = await server.fate(request.method ?? '', path, ++count)
    if (fate === 'cut') {
      request.socket.destroy()
      return
    }
    const body = await bodyOf(request)
    if (fate === 'full' || fate === 'forbidden') {
      response.writeHead(fate === 'full' ? 507 : 403).end()
      return
    }
    const [status, content] = answer(request, body)
    if (fate === 'lost') request.socket.destroy()
    else
      response
        .writeHead(status, { 'content-length': Buffer.byteLength(content ?? '') })
        .end(content)
  }

  const http = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy())
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo // as: it listens on TCP
  const server: DavServer = {
    url: `http://127.0.0.1:${port}/dav`,
    objects,
    get count() {
      return count
    },
    fate: () => 'go',
    async close() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
  return server
}
