import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { metricsTable, rowOf } from '../metrics-table.ts'
import { ended, findPrometheus, promtool, query, type Tools } from '../prometheus.ts'
import type { Api } from './api.ts'
import { createNetwork, missingForTunnels, type Network } from './namespaces.ts'
import { type Suite, startSuite } from './suite.ts'
import { until } from './until.ts'
import { startClient, type WireGuardClient } from './wireguard-client.ts'

const found = await findPrometheus()
if (typeof found === 'string') console.log(`skipped: metrics in a real Prometheus (${found})`)
const withoutTunnels = missingForTunnels()
if (withoutTunnels) console.log(`without a node: no panels of hosts (${withoutTunnels})`)

/** Something of every service, and something that is not there. */
const calls = [
  '/nodes',
  '/rules',
  '/users',
  '/audit/checkpoint',
  '/operator/log',
  '/webhooks',
  '/alerts',
  '/nowhere',
]
const deploy = fileURLToPath(new URL('../../deploy/observability', import.meta.url))
const token = 'a-token-for-scrapes-that-nobody-guesses'
const authorization = { headers: { authorization: `Bearer ${token}` } }
/** Four scrapes and more, so that a rate has something to look back on. */
const rateInterval = '20s'

interface PanelJson {
  readonly type: string
  readonly title?: string
  readonly description?: string
  readonly targets?: readonly { readonly expr: string }[]
  readonly panels?: readonly PanelJson[]
}
const panelsIn = (panels: readonly PanelJson[]): PanelJson[] =>
  panels.flatMap((panel) => [panel, ...panelsIn(panel.panels ?? [])])

/** Every panel of the committed dashboards. */
function panels(): readonly { readonly place: string; readonly panel: PanelJson }[] {
  const folder = join(deploy, 'grafana/dashboards')
  return readdirSync(folder).flatMap((name) => {
    const { panels } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as {
      panels: PanelJson[]
    }
    return panelsIn(panels)
      .filter(({ type }) => type !== 'row')
      .map((panel) => ({ place: `${name}: ${panel.title}`, panel }))
  })
}

describe.skipIf(typeof found === 'string')('metrics in a real Prometheus', () => {
  const tools = found as Tools // as: skipped otherwise
  let network: Network | undefined
  let suite: Suite
  let api: Api
  let tunnel: WireGuardClient | undefined
  let folder = ''
  let prometheus: ChildProcess | undefined
  const stops: (() => void)[] = []
  let url = ''
  let said = ''

  const gathered = async (): Promise<string> =>
    (await fetch(`${suite.url}/api/v1/metrics`, authorization)).text()

  /** One that scrapes both ways: through the gateway, and every process by itself. */
  function startPrometheus(): void {
    const { ports } = suite.run()
    const services = ['gateway', 'auth', 'network', 'rules', 'audit', 'backup', 'notify']
    const single = [...services, ...(network ? ['node-agent'] : [])].map((service) => ({
      targets: [`127.0.0.1:${ports[`${service.replace('-', '_')}_health`]}`],
      labels: { service },
    }))
    cpSync(join(deploy, 'rules'), join(folder, 'rules'), { recursive: true })
    writeFileSync(join(folder, 'token'), token)
    writeFileSync(
      join(folder, 'prometheus.yml'),
      stringify({
        global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '2s' },
        rule_files: ['rules/holdfast.yml'],
        scrape_configs: [
          {
            job_name: 'holdfast',
            metrics_path: '/api/v1/metrics',
            authorization: { credentials_file: join(folder, 'token') },
            static_configs: [{ targets: [new URL(suite.url).host] }],
          },
          { job_name: 'holdfast-single', static_configs: single },
        ],
      }),
    )
    const port = 20_000 + (process.pid % 10_000)
    const host = network ? network.serverAddress : '127.0.0.1'
    url = `http://${host}:${port}`
    const args = [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${host}:${port}`,
    ]
    prometheus = network
      ? network.start(network.server, tools.prometheus, args)
      : spawn(tools.prometheus, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [prometheus.stdout, prometheus.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-10_000)
      })
    }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-prometheus-'))
    network = withoutTunnels ? undefined : createNetwork()
    suite = await startSuite({
      ...(network
        ? { namespace: network.server, address: network.serverAddress, localNode: true }
        : {}),
      env: { HOLDFAST_METRICS_TOKEN: token },
    })
    api = await suite.admin()
    startPrometheus()
    if (network) {
      const device = `hfo${process.pid % 10_000}`
      await api.post('/interfaces', {
        name: device,
        addresses: ['10.79.0.1/16'],
        listen_port: 51_820,
        endpoint: network.uplinkAddress,
      })
      const peer = await api.post<{ id: string }>(`/interfaces/${device}/peers`, { name: 'laptop' })
      const config = await api.text(`/peers/${peer.id}/config`)
      await api.post('/rules', { name: 'no ping', action: 'deny', protocol: 'icmp', priority: 900 })
      tunnel = startClient(network, config, `hfp${process.pid % 10_000}`)
      // Its packets are judged, whatever the verdict.
      const ping = network.start(network.client, 'ping', ['-n', '-q', '-i', '0.5', '10.79.0.1'])
      stops.push(() => void ping.kill())
    }
    // Somebody works: rates are not of nothing.
    let number = 0
    const working = setInterval(() => {
      number += 1
      api.post('/sites', { name: `site ${number}` }).catch(() => {})
      for (const path of calls) api.get(path).catch(() => {})
      // Some change that agents have to bring into force.
      if (number % 10 === 0) {
        const rule = { name: `rule ${number}`, action: 'allow', protocol: 'tcp', priority: 901 }
        api.post('/rules', { ...rule, dst_port_from: number }).catch(() => {})
      }
    }, 300)
    stops.push(() => clearInterval(working))
    await until('Prometheus answers', async () => (await fetch(`${url}/-/ready`)).ok).catch(
      (error: unknown) => {
        throw new Error(said, { cause: error })
      },
    )
  })
  afterEach(({ task }) => {
    if (task.result?.state === 'fail') console.log(suite?.logs(), said)
  })
  afterAll(async () => {
    for (const stop of stops) stop()
    if (prometheus) await ended(prometheus)
    tunnel?.remove()
    await suite?.remove()
    network?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  test('promtool accepts the metrics and the rules, and fires each of them', async () => {
    expect(await promtool(tools, ['check', 'metrics'], await gathered())).toBe('')
    const folder = join(deploy, 'rules')
    const checked = await promtool(tools, ['check', 'rules', join(folder, 'holdfast.yml')])
    expect(checked).toContain('SUCCESS')
    const tests = readdirSync(join(deploy, 'tests')).map((name) => join(deploy, 'tests', name))
    expect(await promtool(tools, ['test', 'rules', ...tests])).toContain('SUCCESS')
    const config = await promtool(tools, ['check', 'config', join(deploy, 'prometheus.yml')])
    expect(config).toContain('SUCCESS')
  })

  test('a scrape without the token is refused', async () => {
    expect((await fetch(`${suite.url}/api/v1/metrics`)).status).toBe(403)
  })

  test('every process is scraped, both ways', async () => {
    const processes = network ? 8 : 7
    await until('all targets are up', async () => {
      const single = await query(url, 'up{job="holdfast-single"} == 1')
      const all = await query(url, 'holdfast_metrics_target_up == 1')
      return single.length === processes && all.length === processes
    })
    const services = (job: string) =>
      query(url, `count by (service) (holdfast_build_info{job="${job}"})`)
    expect((await services('holdfast')).map(({ metric }) => metric['service']).sort()).toEqual(
      (await services('holdfast-single')).map(({ metric }) => metric['service']).sort(),
    )
  })

  test('what is exposed is what docs/observability.md lists: name, type, labels', async () => {
    const rows = metricsTable()
    // What is gathered leaves out a process that was slow to answer.
    const series = await until('all of it is as listed', async () => {
      const found = await query(url, '{job="holdfast", __name__!~"up|scrape_.*|ALERTS.*"}')
      const wrong = unlisted(rows, found, await gathered())
      if (wrong.length > 0) throw new Error(wrong.join('\n'))
      return found
    })
    const { length } = series
    console.log(`a small suite${network ? ' with a node' : ''}: ${length} series`)
    expect(length).toBeLessThan(3_000)
  })

  test('every panel has data, or says what it has none until', async () => {
    const asked = (expression: string, job: string): string =>
      expression
        .replaceAll('$__rate_interval', rateInterval)
        .replaceAll('$job', job)
        .replaceAll('$instance', '.*')
        .replaceAll('$interface', '.*')
    for (const job of ['holdfast', 'holdfast-single']) {
      const silent = async (): Promise<string[]> => {
        const places: string[] = []
        for (const { place, panel } of panels()) {
          for (const { expr } of panel.targets ?? []) {
            const data = await query(url, asked(expr, job))
            // What is no number is no data: a quantile of nothing, a share of nothing.
            const numbers = data.filter(({ value }) => Number.isFinite(Number(value[1])))
            if (numbers.length === 0) places.push(place)
          }
        }
        return [...new Set(places)]
      }
      const excused = new Set(
        panels()
          .filter(({ panel }) => panel.description?.includes('No data until'))
          .map(({ place }) => place),
      )
      // With a node nothing of it is excused but what takes kernel features or time this machine may not have.
      const mayBeSilent = (place: string): boolean =>
        excused.has(place) && (!network || unlikely.has(place))
      await until(
        `panels of ${job} have data`,
        async () => {
          const left = (await silent()).filter((place) => !mayBeSilent(place))
          if (left.length > 0) throw new Error(`no data: ${left.join(', ')}`)
          return true
        },
        { timeoutMs: 90_000, everyMs: 1_000 },
      )
    }
  })

  test('an alert fires live, and a healthy suite raises none before', async () => {
    const firing = async () =>
      (await query(url, 'ALERTS{alertstate="firing"}')).map(({ metric }) => metric['alertname'])
    expect(await firing()).toEqual([])
    const startOf = async (): Promise<string | undefined> => {
      const scraped = 'process_start_time_seconds{job="holdfast-single", service="rules"}'
      const [sample] = await query(url, scraped)
      return sample?.value[1]
    }
    for (let kills = 0; kills < 3; kills++) {
      const before = await until('rules is scraped', startOf)
      process.kill(await until('rules runs', () => suite.pid('rules')), 'SIGKILL')
      await until(
        'Prometheus has seen it started again',
        async () => {
          const now = await startOf()
          return now !== undefined && now !== before
        },
        { timeoutMs: 90_000, everyMs: 250 },
      )
    }
    await until('the alert fires', async () => (await firing()).includes('HoldfastRestarting'))
  })
})

/** What no test of ten minutes sees, even with a node. */
const unlikely = new Set([
  'holdfast.json: Last proven restore',
  'holdfast.json: Refused',
  'holdfast.json: Equal to the log',
  'holdfast.json: Open alerts',
  'holdfast.json: Alerts raised',
  'holdfast-network.json: Fill',
  'holdfast-network.json: Entries',
])

/** What series say that the page does not: names, types, labels. `exposed` is the text they come from. */
function unlisted(
  rows: ReturnType<typeof metricsTable>,
  series: Awaited<ReturnType<typeof query>>,
  exposed: string,
): readonly string[] {
  const types = new Map(
    [...exposed.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]),
  )
  const wrong = new Set<string>()
  for (const { metric } of series) {
    const { __name__: full = '', job, instance, service, le, quantile, ...labels } = metric
    const name = types.has(full) ? full : full.replace(/_(bucket|sum|count)$/, '')
    const row = rowOf(rows, name)
    if (!row) wrong.add(`${name} is not listed`)
    else if (!row.types.includes(types.get(name) ?? '')) {
      wrong.add(`${name} is a ${types.get(name)}, not a ${row.types.join(' or ')}`)
    }
    for (const label of Object.keys(labels)) {
      if (!row?.labels.includes(label)) wrong.add(`${name} has a label ${label}`)
    }
    if (!service) wrong.add(`${name} does not say of which process it is`)
    expect(Object.values(labels).some((value) => /^[A-Za-z0-9+/]{43}=$/.test(value))).toBe(false)
  }
  return [...wrong].sort()
}
