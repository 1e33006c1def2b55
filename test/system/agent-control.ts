import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { connect, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateX25519, nodeSealer } from '@holdfast/crypto'
import { type CommandId, newId } from '@holdfast/domain'
import type { Aggregate, StoredEvent } from '@holdfast/event-log'
import { issueNodeCredentials, safeSubject } from '@holdfast/event-log/admin'
import { wgKeyFrom } from '@holdfast/net'
import { holdfast } from '@holdfast/proto'
import { testNats } from '@holdfast/testkit'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const v1 = holdfast.network.v1
const { NodeReport } = holdfast.agent.v1

type InterfaceReport = holdfast.agent.v1.InterfaceReport
type FirewallReport = holdfast.agent.v1.FirewallReport
type FlowRecord = holdfast.agent.v1.FlowRecord

/** Writes events as they are given: the agent's tests decide nothing. */
const asGiven = (
  context: string,
  type: string,
): Aggregate<readonly StoredEvent[], StoredEvent, number> => ({
  context,
  type,
  decider: {
    initial: () => 0,
    decide: (events) => events,
    evolve: (count) => count + 1,
  },
  codec: { encode: (event) => event, decode: (stored) => stored },
})
const interfaces = asGiven('network', 'interface')
const nodes = asGiven('network', 'node')
const ruleSets = asGiven('rules', 'rule_set')

/**
 * What an agent needs of the control plane and no more: the log on a real NATS server with a node's real
 * permissions, and the one request of the gateway. So the agent is tested by itself.
 */
export interface Control {
  readonly nodeId: string
  readonly enrollUrl: string
  readonly token: string
  /** The last report of each interface, and every one of them. */
  readonly reports: ReadonlyMap<string, InterfaceReport>
  /** The last word of the node's firewall. */
  firewall(): FirewallReport | undefined
  /** What its rules recorded and counted, as told. */
  readonly flows: FlowRecord[]
  readonly hits: ReadonlyMap<string, holdfast.agent.v1.RuleCounter>
  /** Stores events of an interface; answers the sequence once the log has them. */
  append(interfaceId: string, ...events: readonly StoredEvent[]): Promise<number>
  /** Stores events of the node itself. */
  appendNode(...events: readonly StoredEvent[]): Promise<number>
  /** Stores events of the organization's rule set. */
  appendRules(...events: readonly StoredEvent[]): Promise<number>
  /** Resolves with the moment a report says that the rule set up to the sequence is enforced. */
  rulesEnforced(sequence: number, timeoutMs?: number): Promise<number>
  /** Resolves with the moment a report says that the sequence is enforced. */
  enforced(interfaceId: string, sequence: number, timeoutMs?: number): Promise<number>
  /** Takes the whole control plane away from the agent, and brings it back. */
  down(): Promise<void>
  up(): Promise<void>
  remove(): Promise<void>
}

/** `address` is where the agent reaches this process. */
export async function startControl(address: string): Promise<Control> {
  const nats = await testNats()
  const { lineageId, identities } = nats
  const { generation } = nats.spec
  const nodeId = newId<string>()
  const organizationId = newId<string>()
  const token = `hfe_${randomUUID()}`
  const log = await nats.open('network')
  const rules = await nats.open('rules')
  const natsDoor = await door(address, nats.server.url)

  const reports = new Map<string, InterfaceReport>()
  const listeners = new Set<() => void>()
  let firewall: FirewallReport | undefined
  const flows: FlowRecord[] = []
  const hits = new Map<string, holdfast.agent.v1.RuleCounter>()
  log.onSignal(`tlm.node.${nodeId}.report`, (data) => {
    const report = NodeReport.decode(data)
    for (const each of report.interfaces) {
      const report = new holdfast.agent.v1.InterfaceReport(each)
      reports.set(report.interfaceId, report)
    }
    if (report.firewall) firewall = new holdfast.agent.v1.FirewallReport(report.firewall)
    for (const listener of listeners) listener()
  })
  log.onSignal(`tlm.node.${nodeId}.flows`, (data) => {
    for (const each of holdfast.agent.v1.FlowBatch.decode(data).flows) {
      flows.push(new holdfast.agent.v1.FlowRecord(each))
    }
  })
  log.onSignal(`tlm.node.${nodeId}.counters`, (data) => {
    for (const each of holdfast.agent.v1.CounterReport.decode(data).counters) {
      const counter = new holdfast.agent.v1.RuleCounter(each)
      hits.set(`${uuidOf(counter.ruleId)} ${counter.direction}`, counter)
    }
  })
  const context = () => ({
    commandId: newId<CommandId>(),
    isKeyed: false,
    organizationId,
    actor: { kind: 'service' as const, id: 'test' },
    correlationId: newId<string>(),
  })
  /** Resolves with the moment at which a report made it true. */
  const reported = (
    isTrue: () => boolean,
    complain: () => string,
    timeoutMs: number,
  ): Promise<number> =>
    new Promise((done, failed) => {
      const look = (): void => {
        if (!isTrue()) return
        const at = performance.now()
        clearTimeout(timer)
        listeners.delete(look)
        done(at)
      }
      const timer = setTimeout(() => {
        listeners.delete(look)
        failed(new Error(complain()))
      }, timeoutMs)
      listeners.add(look)
      look()
    })

  const gateway = createServer((request, response) => {
    void answer(request).then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    })
  })
  async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    let text = ''
    for await (const chunk of request) text += chunk
    const body = JSON.parse(text) as Record<string, string>
    if (request.url !== '/api/v1/nodes/enroll') return { status: 404, body: {} }
    if (body['token'] !== token) return { status: 401, body: { detail: 'The token is not valid.' } }
    nodeKey = Buffer.from(body['enrolment_key'] ?? '', 'base64')
    const jwt = await issueNodeCredentials({
      signingSeed: readFileSync(identities.signingSeedFile, 'utf8').trim(),
      account: identities.authority.account.publicKey,
      nodeId,
      organizationId,
      natsPublicKey: body['nats_public_key'] ?? '',
      lineageId,
      safeSubject: safeSubject(identities.ingest, 'nodes'),
    })
    return {
      status: 201,
      body: {
        node_id: nodeId,
        organization_id: organizationId,
        node_name: 'gw-1',
        nats_user_jwt: jwt,
        nats_servers: [`${address}:${natsDoor.port}`],
        ca_certificate: '',
        lineage_id: lineageId,
        generation,
      },
    }
  }
  await new Promise<void>((done) => gateway.listen(0, '0.0.0.0', done))
  const bound = gateway.address()
  const gatewayPort = typeof bound === 'object' && bound ? bound.port : 0

  return {
    nodeId,
    enrollUrl: `http://${address}:${gatewayPort}`,
    token,
    reports,
    firewall: () => firewall,
    flows,
    hits,
    async append(interfaceId, ...events) {
      const id = `${nodeId}.${interfaceId}`
      return Number((await log.execute(interfaces, id, events, context())).sequence)
    },
    async appendNode(...events) {
      return Number((await log.execute(nodes, nodeId, events, context())).sequence)
    },
    async appendRules(...events) {
      return Number((await rules.execute(ruleSets, organizationId, events, context())).sequence)
    },
    enforced: (interfaceId, sequence, timeoutMs = 20_000) =>
      reported(
        () => {
          const report = reports.get(interfaceId)
          return report?.isEnforced === true && report.appliedSequence >= sequence
        },
        () => {
          const last = JSON.stringify({ ...reports.get(interfaceId), peers: undefined })
          return `${sequence} was not enforced in ${timeoutMs} ms; last report: ${last}`
        },
        timeoutMs,
      ),
    rulesEnforced: (sequence, timeoutMs = 20_000) =>
      reported(
        () => firewall?.isEnforced === true && firewall.ruleSetSequence >= sequence,
        () =>
          `rules up to ${sequence} were not enforced in ${timeoutMs} ms; last report: ${JSON.stringify(firewall)}`,
        timeoutMs,
      ),
    down: () => natsDoor.close(),
    up: () => natsDoor.open(),
    async remove() {
      gateway.close()
      gateway.closeAllConnections()
      await natsDoor.close()
      await nats.close()
    },
  }
}

const uuidOf = (bytes: Uint8Array): string =>
  Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** A door to a server that listens on loopback alone, for those in other namespaces. It can be shut. */
async function door(
  address: string,
  url: string,
): Promise<{ readonly port: number; open(): Promise<void>; close(): Promise<void> }> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  let server: Server | undefined
  let port = 0
  const open = async (): Promise<void> => {
    const made = createTcpServer((inner) => {
      const outer = connect(Number(target.port), target.hostname)
      for (const socket of [inner, outer]) {
        sockets.add(socket)
        socket.setNoDelay(true)
        socket.once('close', () => {
          sockets.delete(socket)
          inner.destroy()
          outer.destroy()
        })
        socket.on('error', () => socket.destroy())
      }
      inner.pipe(outer)
      outer.pipe(inner)
    })
    await new Promise<void>((done) => made.listen(port, address, done))
    const bound = made.address()
    port = typeof bound === 'object' && bound ? bound.port : 0
    server = made
  }
  await open()
  return {
    port,
    open,
    async close() {
      const closed = new Promise((done) => (server ? server.close(done) : done(undefined)))
      for (const socket of sockets) socket.destroy()
      await closed
      server = undefined
    },
  }
}

/** Set by the enrolment: what secrets are sealed to. */
let nodeKey: Uint8Array = new Uint8Array()
const organizationOfFacts = newId<string>()

export interface KeyPair {
  readonly privateKey: string
  readonly publicKey: string
}

export function keyPair(): KeyPair & {
  readonly raw: { privateKey: Uint8Array; publicKey: Uint8Array }
} {
  const raw = generateX25519()
  return { privateKey: wgKeyFrom(raw.privateKey), publicKey: wgKeyFrom(raw.publicKey), raw }
}

const stored = (type: string, message: { finish(): Uint8Array }): StoredEvent => ({
  type,
  schema: 1,
  data: message.finish(),
})

/** Facts as `network` writes them, sealed to the node that enrolled. */
export const facts = {
  created(
    interfaceId: string,
    keys: ReturnType<typeof keyPair>,
    settings: holdfast.network.v1.InterfaceSettings.$Properties,
  ): StoredEvent {
    const context = {
      ownerId: organizationOfFacts,
      objectId: interfaceId,
      field: 'private_key',
    }
    return stored(
      'InterfaceCreated',
      v1.InterfaceCreated.encode({
        organizationId: organizationOfFacts,
        settings: { isEnabled: true, ...settings },
        publicKey: keys.raw.publicKey,
        privateKeyForNode: nodeSealer(nodeKey)(context, keys.raw.privateKey),
      }),
    )
  },
  updated: (settings: holdfast.network.v1.InterfaceSettings.$Properties): StoredEvent =>
    stored(
      'InterfaceUpdated',
      v1.InterfaceUpdated.encode({ settings: { isEnabled: true, ...settings } }),
    ),
  deleted: (): StoredEvent => stored('InterfaceDeleted', v1.InterfaceDeleted.encode({})),
  added(
    id: string,
    publicKey: Uint8Array,
    settings: holdfast.network.v1.PeerSettings.$Properties,
    presharedKey?: Uint8Array,
  ): StoredEvent {
    const context = { ownerId: organizationOfFacts, objectId: id, field: 'preshared_key' }
    return stored(
      'PeerAdded',
      v1.PeerAdded.encode({
        peerId: id,
        settings: { isEnabled: true, ...settings },
        publicKey,
        presharedKeyForNode: presharedKey ? nodeSealer(nodeKey)(context, presharedKey) : null,
      }),
    )
  },
  changed: (id: string, settings: holdfast.network.v1.PeerSettings.$Properties): StoredEvent =>
    stored(
      'PeerUpdated',
      v1.PeerUpdated.encode({ peerId: id, settings: { isEnabled: true, ...settings } }),
    ),
  removed: (id: string): StoredEvent =>
    stored('PeerRemoved', v1.PeerRemoved.encode({ peerId: id })),
}

export interface AgentProcess {
  readonly data: string
  readonly pid: number
  /** What it said, as lines of JSON. */
  said(): string
  /** Ends it and waits; by SIGKILL its process group goes too, as a crash of its host's supervisor would do. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>
  /** Waits until it ends by itself. */
  ended(): Promise<number | null>
}

/** The real agent in a namespace. */
export function startAgentProcess(
  namespace: string,
  data: string,
  env: NodeJS.ProcessEnv,
  args: readonly string[] = [],
): AgentProcess {
  const main = join(root, 'services/node-agent/src/main.ts')
  const child: ChildProcess = spawn(
    'ip',
    ['netns', 'exec', namespace, process.execPath, '--import', 'tsx', main, ...args],
    {
      cwd: root,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOLDFAST_AGENT_DATA: data,
        HOLDFAST_AGENT_CHECK: '500ms',
        HOLDFAST_AGENT_REPORT: '1s',
        ...env,
      },
    },
  )
  const { pid } = child
  if (pid === undefined) throw new Error('the agent cannot be started')
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-50_000)
    })
  }
  const ended = new Promise<number | null>((done) => child.once('exit', (code) => done(code)))
  return {
    data,
    pid,
    said: () => said,
    ended: () => ended,
    end(signal) {
      if (child.exitCode === null && child.signalCode === null) {
        process.kill(signal === 'SIGKILL' ? -pid : pid, signal)
      }
      return ended
    },
  }
}

export function makeDataFolder(): string {
  return mkdtempSync(join(tmpdir(), 'holdfast-agent-'))
}

/** A `wg` that fails while a file exists. */
export function failingWg(folder: string): { readonly path: string; readonly switchFile: string } {
  const path = join(folder, 'wg')
  const switchFile = join(folder, 'fail')
  const script = [
    '#!/bin/sh',
    `if [ -e '${switchFile}' ] && [ "$1" != show ]; then echo 'the kernel says no' >&2; exit 1; fi`,
    'exec /usr/bin/env -i PATH="$PATH" wg "$@"',
    '',
  ].join('\n')
  writeFileSync(path, script, { mode: 0o755 })
  return { path, switchFile }
}
