// What recording flows costs a busy host: the real suite with a node in a network namespace, a `log` rule, and a million
// packets a second on an uplink that match it, or as many as there is CPU for; once of few flows, once of more than the
// flow log has room for. Every packet must be found again: in a record, or among what is told as lost. Nothing is
// asserted.
//
//   npx tsx bench/flow-load.ts [packets a second] [seconds] [--perf]
//                      (as root, after `npm run build`; needs ip, wg, wireguard-go, nft, psql and clang 14)
//
// Traffic stays in namespaces made here. The kernel charges what interrupts do to whomever they interrupt, the agent
// too; `--perf` says where the agent's time goes.
import { execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { cpus, release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Api } from '../test/system/api.ts'
import { createNetwork, missingForTunnels, type Network } from '../test/system/namespaces.ts'
import { type Suite, startSuite } from '../test/system/suite.ts'
import { until } from '../test/system/until.ts'
import { loadText } from './firewall/measure.ts'
import { bars, count, table } from './firewall/print.ts'
import type { FloodFigures, FloodJob } from './flood.ts'

const words = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const isProfiled = process.argv.includes('--perf')
const packetsPerSecond = Number(words[0] ?? 1_000_000)
const seconds = Number(words[1] ?? 10)
const root = fileURLToPath(new URL('..', import.meta.url))

const cases = [
  { rule: 'flows-few', flows: 1_000, port: 7_101 },
  { rule: 'flows-many', flows: 100_000, port: 7_102 },
] as const

interface Rule {
  readonly id: string
  readonly counters: { readonly ingress_packets: string } | null
}
interface NodeView {
  readonly id: string
  readonly firewall: { readonly is_enforced: boolean; readonly rule_set_sequence: string } | null
}
interface Link {
  readonly ifname: string
  readonly address: string
}
/** What the agent says it sent and lost. */
interface Told {
  readonly records: number
  readonly lostFlows: number
  readonly lostPackets: number
}
interface Ran {
  readonly flows: number
  readonly offered: number
  readonly seconds: number
  readonly counted: number
  readonly packetsShare: number
  readonly agentShare: number
  readonly threads: string
  readonly machineShare: number
  readonly told: Told
  readonly role: string
  readonly rows: number
  readonly packets: number
  /** Packets, as `GET /flows/summary` tells. */
  readonly apiLost: number
  readonly load: string
}

const clockTicks = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Seconds of CPU, of a process and its threads, or of one thread. */
function cpuSeconds(path: string): number {
  const fields = readFileSync(join(path, 'stat'), 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / clockTicks
}

function threadSeconds(pid: number): ReadonlyMap<string, number> {
  const tasks = `/proc/${pid}/task`
  return new Map(
    readdirSync(tasks).map((id) => {
      const path = join(tasks, id)
      return [`${readFileSync(join(path, 'comm'), 'utf8').trim()} ${id}`, cpuSeconds(path)]
    }),
  )
}

/** Share of all CPUs that was not idle, from two readings. */
const machineTicks = (): { readonly all: number; readonly idle: number } => {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number)
  return { all: ticks.reduce((a, b) => a + b, 0), idle: (ticks[3] ?? 0) + (ticks[4] ?? 0) }
}

/** In the namespace of the suite: its services listen on loopback there. */
function metrics(network: Network, suite: Suite): Told {
  const port = suite.run().ports['node_agent_health']
  const text = network.exec(
    network.server,
    process.execPath,
    '-e',
    `fetch('http://127.0.0.1:${port}/metrics').then(async (r) => process.stdout.write(await r.text()))`,
  )
  const value = (name: string): number =>
    Number(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN)
  return {
    records: value('holdfast_firewall_flows_total'),
    lostFlows: value('holdfast_firewall_lost_flows_total'),
    lostPackets: value('holdfast_firewall_lost_flow_packets_total'),
  }
}

/** As an operator asks, on the host of the suite. */
function psql(network: Network, suite: Suite, statement: string): readonly string[] {
  return network
    .exec(
      network.server,
      'env',
      `HOLDFAST_DATA=${suite.data}`,
      process.execPath,
      join(root, 'dist/cli.mjs'),
      ...['flow', 'psql', '--', '-X', '-A', '-t', '-c', statement],
    )
    .trim()
    .split('|')
}

/** Calls `onReady` right before the first packet. */
async function flood(network: Network, job: FloodJob, onReady: () => void): Promise<FloodFigures> {
  const script = fileURLToPath(new URL('./flood.ts', import.meta.url))
  const words = ['--import', 'tsx', script, JSON.stringify(job)]
  const child = network.start(network.client, process.execPath, words)
  const { stdin, stdout, stderr } = child
  if (!stdin || !stdout || !stderr) throw new Error('the flood has no pipes')
  stderr.pipe(process.stderr)
  let last = ''
  for await (const line of createInterface({ input: stdout })) {
    last = line
    if (line !== 'ready') continue
    onReady()
    stdin.end()
  }
  if (last === '' || last === 'ready') throw new Error('the flood failed')
  return JSON.parse(last) as FloodFigures
}

const linkOf = (network: Network, namespace: string, is: (link: Link) => boolean): Link => {
  const links = JSON.parse(network.exec(namespace, 'ip', '-j', 'link')) as Link[]
  const found = links.find(is)
  if (!found) throw new Error(`no such device in ${namespace}`)
  return found
}

/** Where the agent's time goes while packets come. */
async function profile(pid: number): Promise<string> {
  const file = join(tmpdir(), `holdfast-flow-load-${process.pid}.perf`)
  const record = ['record', '-q', '-F', '499', '-p', String(pid), '-o', file]
  const child = spawn('perf', [...record, '--', 'sleep', String(seconds)], { stdio: 'ignore' })
  await new Promise((done, fail) => child.once('exit', done).once('error', fail))
  const report = (sort: string, most: number): string =>
    execFileSync('perf', ['report', '-i', file, '--stdio', '--no-children', '-s', sort], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
      .split('\n')
      .filter((line) => /^\s+\d/.test(line))
      .slice(0, most)
      .join('\n')
  const text = `${report('comm', 6)}\n\n${report('comm,dso,sym', 25)}`
  rmSync(file)
  return text
}

interface Place {
  readonly network: Network
  readonly suite: Suite
  readonly api: Api
  readonly agent: number
}

async function run(
  { network, suite, api, agent }: Place,
  { rule: name, flows, port }: (typeof cases)[number],
): Promise<Ran> {
  const made = await api.call<Rule>('POST', '/rules', {
    name,
    action: 'log',
    direction: 'ingress',
    protocol: 'udp',
    dst_port_from: port,
  })
  const { id } = made.body
  const sequence = BigInt(made.headers.get('holdfast-sequence') ?? '')
  await until('the rule is enforced', async () => {
    const [node] = await api.all<NodeView>('/nodes')
    const firewall = node?.firewall
    return firewall?.is_enforced && BigInt(firewall.rule_set_sequence) >= sequence
  })
  const to = linkOf(network, network.server, ({ ifname }) => ifname === network.uplinkDevice)
  const from = linkOf(network, network.client, ({ ifname }) => ifname !== 'lo')
  const toldBefore = metrics(network, suite)

  const load = loadText()
  const readCpu = () => ({
    agent: cpuSeconds(`/proc/${agent}`),
    machine: machineTicks(),
    threads: threadSeconds(agent),
  })
  let before = readCpu()
  let profiled: Promise<string> | undefined
  const job: FloodJob = {
    device: from.ifname,
    mac: to.address,
    destination: network.uplinkAddress,
    port,
    flows,
    packetsPerSecond,
    seconds,
  }
  const figures = await flood(network, job, () => {
    before = readCpu()
    if (isProfiled) profiled = profile(agent)
  })
  // What was recorded in the last second is told in the next, and counts.
  await pause(1_000)
  const after = readCpu()
  if (profiled) console.log(`\n${name}, time of the agent\n${await profiled}`)

  // Counters are told every few seconds: the same figure for longer than that is the last.
  let counted = -1
  let since = performance.now()
  await until(
    'the rule has counted all',
    async () => {
      const { counters } = await api.get<Rule>(`/rules/${id}?counters=true`)
      const now = Number(counters?.ingress_packets ?? 0)
      if (now !== counted) since = performance.now()
      counted = now
      return counted > 0 && performance.now() - since > 12_000
    },
    { timeoutMs: 60_000, everyMs: 500 },
  )
  const toldAfter = metrics(network, suite)
  const told: Told = {
    records: toldAfter.records - toldBefore.records,
    lostFlows: toldAfter.lostFlows - toldBefore.lostFlows,
    lostPackets: toldAfter.lostPackets - toldBefore.lostPackets,
  }
  const question = `select current_user, count(*), coalesce(sum(packets), 0) from connection_logs where rule_name = '${name}'`
  let answer: readonly string[] = []
  let apiLost = 0
  await until(
    'audit has read all',
    async () => {
      answer = psql(network, suite, question)
      const { coverage } = await api.get<{ coverage: string[] }>(
        `/flows/summary?rule=${id}&limit=1`,
      )
      const lost = /had no room for \d+ flows? \((\d+) packets?\)/.exec(coverage.join('\n'))?.[1]
      apiLost = Number(lost ?? 0) - toldBefore.lostPackets
      return Number(answer[1]) >= told.records && apiLost >= told.lostPackets
    },
    { timeoutMs: 60_000, everyMs: 500 },
  ).catch(() => console.log(`${name}: audit had not read all within a minute`))
  const threads = [...after.threads]
    .map(([thread, cpu]) => ({ thread, cpu: cpu - (before.threads.get(thread) ?? 0) }))
    .filter(({ cpu }) => cpu > 0)
    .sort((a, b) => b.cpu - a.cpu)
    .slice(0, 5)
    .map(({ thread, cpu }) => `${thread} ${cpu.toFixed(2)} s`)
    .join(', ')
  const ticks = after.machine.all - before.machine.all
  return {
    flows,
    offered: figures.packets,
    seconds: figures.seconds,
    counted,
    packetsShare: figures.cpuSeconds / figures.seconds,
    agentShare: (after.agent - before.agent) / figures.seconds,
    threads,
    machineShare: 1 - (after.machine.idle - before.machine.idle) / ticks,
    told,
    role: answer[0] ?? '',
    rows: Number(answer[1]),
    packets: Number(answer[2]),
    apiLost,
    load,
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

function print(name: string, ran: Ran): void {
  const { told } = ran
  const lines: readonly (readonly [string, string])[] = [
    ['packets/s offered', count(Math.round(ran.offered / ran.seconds))],
    ['packets/s counted by the rule', count(Math.round(ran.counted / ran.seconds))],
    ['packets offered', count(ran.offered)],
    ['packets counted by the rule', count(ran.counted)],
    ['sending and judging them, of one core', percent(ran.packetsShare)],
    ['agent, of one core', percent(ran.agentShare)],
    ['all CPUs busy', percent(ran.machineShare)],
    ['records told', count(told.records)],
    ['flows lost, by the host', count(told.lostFlows)],
    ['packets lost, by the host', count(told.lostPackets)],
    ['packets lost, by GET /flows/summary', count(ran.apiLost)],
    [`records, as ${ran.role} reads them`, count(ran.rows)],
    ['packets in them', count(ran.packets)],
    ['packets neither recorded nor lost', count(ran.counted - ran.packets - told.lostPackets)],
  ]
  console.log(`\n${name}: ${count(ran.flows)} flows, ${ran.seconds.toFixed(1)} s; ${ran.load}`)
  console.log(table(['', ''], lines))
  console.log(`threads of the agent: ${ran.threads}`)
}

const missing = missingForTunnels()
if (missing) throw new Error(missing)
console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} CPUs, Linux ${release()}`)

const network = createNetwork()
let suite: Suite | undefined
try {
  suite = await startSuite({
    namespace: network.server,
    address: network.serverAddress,
    localNode: true,
  })
  const api = await suite.admin()
  const node = await until('the node is there', async () => (await api.all<NodeView>('/nodes'))[0])
  await api.call('PATCH', `/nodes/${node.id}`, { uplinks: [{ device: network.uplinkDevice }] })
  const agent = await until('the agent runs', () => suite?.pid('node-agent'))
  // Packets end here, behind what is measured, and before anybody answers them.
  network.exec(
    network.server,
    'nft',
    'table ip hf_sink { chain prerouting { type filter hook prerouting priority -300; udp dport 7101-7102 drop; }; }',
  )
  await pause(10_000) // what starting took is not rest
  const before = cpuSeconds(`/proc/${agent}`)
  await pause(5_000)
  console.log(`agent at rest: ${percent((cpuSeconds(`/proc/${agent}`) - before) / 5)} of one core`)

  const all: Ran[] = []
  for (const each of cases) {
    const ran = await run({ network, suite, api, agent }, each)
    print(each.rule, ran)
    all.push(ran)
    await api.remove(`/rules/${each.rule}`)
  }
  console.log(
    `\n${bars([
      ...all.map(({ flows, agentShare }) => ({
        what: `agent of one core, ${count(flows)} flows`,
        value: agentShare * 100,
        bar: 20,
        unit: ' %',
      })),
      ...all.map(({ flows, counted, packets, apiLost }) => ({
        what: `packets neither recorded nor told as lost, ${count(flows)} flows`,
        value: Math.abs(counted - packets - apiLost),
        bar: 0,
        unit: '',
      })),
    ])}`,
  )
} catch (error) {
  console.error(suite?.logs())
  throw error
} finally {
  await suite?.remove()
  network.remove()
}
