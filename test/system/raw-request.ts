import { request } from 'node:http'

/** An answer as it came, for requests that no polite client would send. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/**
 * Sends path, headers and body exactly as given: nothing is normalized, encoded or added but the length.
 * Rejects when there is no whole answer after 15 seconds.
 */
export function rawRequest(
  url: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: string | Buffer,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    // Without a word Node asks to close, and a server that closes on a body still coming loses its answer on the way.
    const stays = { connection: 'keep-alive' }
    const sent = request(
      { hostname, port, method, path, headers: { ...length, ...stays, ...headers }, agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        )
      },
    )
    sent.setTimeout(15_000, () => sent.destroy(new Error(`no answer: ${method} ${path}`)))
    sent.on('error', reject)
    sent.end(body)
  })
}
