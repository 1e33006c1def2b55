import { enrollSilentNode } from '../test/system/enroll.ts'
import { startSuite } from '../test/system/suite.ts'
import type { Figures } from './load.ts'
import { load } from './run-load.ts'

/** Something that takes commands from so many connections at once. */
export interface Target {
  readonly run: (connections: number, prefix: string) => Promise<Figures>
  readonly end: () => Promise<void>
}

/** The real suite, which is asked to add peers: to one interface from one connection, to 64 from several. */
export async function suiteTarget(env: NodeJS.ProcessEnv, seconds: number): Promise<Target> {
  const suite = await startSuite({
    env: { HOLDFAST_HTTP_RATE_LIMIT: '0', HOLDFAST_LOG_LEVEL: 'warn', ...env },
  })
  const api = await suite.admin()
  const node = await enrollSilentNode(api, 'bench')
  const paths: string[] = []
  for (let n = 0; n < 64; n += 1) {
    const made = await api.post<{ id: string }>('/interfaces', {
      name: `b${n}`,
      node_id: node,
      addresses: [`10.${n}.0.1/16`],
      listen_port: 52_000 + n,
    })
    paths.push(`/api/v1/interfaces/${made.id}/peers`)
  }
  return {
    run: (connections, prefix) =>
      load({
        url: suite.url,
        token: api.token,
        connections,
        seconds,
        paths: connections === 1 ? paths.slice(0, 1) : paths,
        prefix,
      }),
    end: () => suite.remove(),
  }
}
