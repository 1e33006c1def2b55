// Load from a process of its own: `tsx bench/load.ts` with a job on standard input, figures on standard output.
import autocannon from 'autocannon'

export interface Job {
  readonly url: string
  readonly token: string
  readonly connections: number
  readonly seconds: number
  /** Paths in turn; `POST` unless `get`. */
  readonly paths: readonly string[]
  readonly get?: boolean
  /** Makes names of two runs differ. */
  readonly prefix: string
}

export interface Figures {
  readonly perSecond: number
  readonly p50: number
  readonly p99: number
  readonly failed: number
}

const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
const job = JSON.parse(Buffer.concat(chunks).toString()) as Job

let n = 0
const result = await autocannon({
  url: job.url,
  connections: job.connections,
  duration: job.seconds,
  requests: [
    {
      method: job.get ? 'GET' : 'POST',
      path: job.paths[0] ?? '/',
      headers: {
        'content-type': 'application/json',
        ...(job.token ? { authorization: `Bearer ${job.token}` } : {}),
      },
      setupRequest: (request) => {
        n += 1
        const path = job.paths[n % job.paths.length] ?? '/'
        return job.get
          ? { ...request, path }
          : { ...request, path, body: JSON.stringify({ name: `${job.prefix}-${n}` }) }
      },
    },
  ],
})
const seconds = result.duration
const figures: Figures = {
  perSecond: (result['2xx'] ?? 0) / seconds,
  p50: result.latency.p50,
  p99: result.latency.p99,
  failed: result.non2xx + result.errors,
}
process.stdout.write(JSON.stringify(figures))
process.exit(0)
