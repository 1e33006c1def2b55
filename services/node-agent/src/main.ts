import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { openLog } from '@holdfast/event-log'
import { createTelemetry, Registry, startTracing } from '@holdfast/telemetry'
import { type Agent, startAgent } from './agent.ts'
import { findTool, missingTools } from './apply/find-tools.ts'
import { type Host, realHost } from './apply/host.ts'
import { linkMonitor } from './apply/link-monitor.ts'
import { toolRunner } from './apply/run-tool.ts'
import { enrolmentSettings, settings } from './config.ts'
import { type AgentKeys, agentKeys } from './enrol/agent-keys.ts'
import { enroll } from './enrol/enroll.ts'
import { type Generation, loadGeneration, pinOf } from './enrol/generation.ts'
import { type Identity, loadIdentity, writeIdentityFiles } from './enrol/identity.ts'
import { removeFirewall } from './firewall/remove-firewall.ts'
import { httpServer, type Readiness } from './http-server.ts'
import { lockDataFolder } from './state/data-lock.ts'
import { privateFolder } from './state/durable-file.ts'
import { currentBootId, openOwnedDevices } from './state/owned-devices.ts'
import { openSavedPlacement } from './state/saved-placement.ts'
import { openSavedState } from './state/saved-state.ts'
import { uninstall } from './uninstall.ts'
import { openWitness, type Witness } from './witness/witness.ts'

type Settings = ReturnType<typeof settings.load>

const config = load()
const telemetry = createTelemetry('node-agent', { level: config.logLevel })
const { log } = telemetry

try {
  const words = process.argv.slice(2)
  if (words.includes('--uninstall')) await leave()
  else if (words.includes('--witness')) await showWitness()
  else await main()
} catch (error) {
  log.fatal({ err: error }, error instanceof Error ? error.message : 'the agent failed')
  process.exitCode = 1
  // Handles that are still open must not keep a failed agent alive.
  setTimeout(() => process.exit(), 100).unref()
}

function load(): Settings {
  try {
    return settings.load(process.env)
  } catch (error) {
    process.stderr.write(`node-agent: ${error instanceof Error ? error.message : error}\n`)
    process.exit(1)
  }
}

async function main(): Promise<void> {
  const stopping = new AbortController()
  const stop = (): void => stopping.abort()
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)

  const stopTracing = await startTracing('node-agent')
  const tools = findTools()
  await privateFolder(config.dataFolder)
  const lock = await lockDataFolder(config.dataFolder)
  let agent: Agent | undefined
  let life = new Registry()
  const waiting: Readiness = { isReady: false, trouble: 'not enrolled yet' }
  const http = await httpServer({
    listen: config.httpListen,
    metrics: () => Registry.merge([telemetry.registry, life]),
    readiness: () => agent?.readiness() ?? waiting,
    firewall: {
      status: () => agent?.firewall(),
      prove: async () => agent?.prove(),
    },
  })

  const keys = await agentKeys(config.dataFolder)
  const identity = await identify(keys, stopping.signal)
  if (identity) {
    const monitor = linkMonitor({
      command: [tools.ip],
      devices: () => agent?.devices() ?? [],
      onChange: () => agent?.check(),
    })
    const prove = (): void => void agent?.prove().catch(() => {}) // it says so itself
    process.on('SIGUSR1', prove)
    while (!stopping.signal.aborted) {
      // A new generation is a new start, so that there is one way to come up in it.
      const repinned = new AbortController()
      life = new Registry()
      agent = await start(identity, keys, tools, life, () => repinned.abort())
      const { nodeId, nodeName } = identity
      log.info({ nodeId, nodeName, port: http.port }, 'started')
      await aborted(AbortSignal.any([stopping.signal, repinned.signal]))
      if (!stopping.signal.aborted) await agent.stop()
    }
    monitor.stop()
  }

  log.info('stopping; tunnels stay up')
  const deadline = setTimeout(() => process.exit(1), config.drainMs)
  await agent?.stop()
  await http.close()
  await lock.release()
  await stopTracing()
  clearTimeout(deadline)
}

/** `holdfast-agent --uninstall`: nothing of ours stays in the kernel. */
async function leave(): Promise<void> {
  const { dataFolder } = config
  const tools = findTools()
  await privateFolder(dataFolder)
  const lock = await lockDataFolder(dataFolder) // an agent that runs would make it all again
  const identity = await loadIdentity(dataFolder)
  await uninstall({
    owned: await openOwnedDevices(join(dataFolder, 'devices.json'), currentBootId()),
    host: hostWith(tools),
    async removeFirewall() {
      if (!identity) return
      await removeFirewall({
        nodeId: identity.nodeId,
        mountPoint: join(dataFolder, 'bpf'),
        nft: tools.nft === undefined ? undefined : [tools.nft],
      })
    },
    log,
  })
  await lock.release()
  log.info({ dataFolder }, 'nothing of this node is left in the kernel; its keys are on disk still')
}

/** `holdfast-agent --witness`: what this host saw of the log, for auditors; the agent may be running. */
async function showWitness(): Promise<void> {
  const { dataFolder } = config
  const identity = await loadIdentity(dataFolder)
  if (!identity) throw new Error(`no node is enrolled in ${dataFolder}`)
  const pinned = await loadGeneration(dataFolder, identity)
  const witness = await witnessOf(identity, pinned, await agentKeys(dataFolder), new Registry())
  process.stdout.write(`${JSON.stringify(witness.status(), undefined, 2)}\n`)
  await witness.stop()
}

function witnessOf(
  identity: Identity,
  pinned: Generation | undefined,
  keys: AgentKeys,
  registry: Registry,
): Promise<Witness> {
  return openWitness({
    ...identity,
    generation: pinned?.generation ?? identity.generation,
    since: pinned,
    privateKey: keys.witness,
    logKey: identity.logVerifierKey,
    dataFolder: config.dataFolder,
    registry,
    log,
    now: Date.now,
  })
}

function hostWith(tools: Tools): Host {
  const run = toolRunner({
    commands: { wg: [tools.wg], ip: [tools.ip], 'wireguard-go': [tools.wireguardGo] },
    folder: memoryFolder(config.dataFolder),
  })
  return realHost(run, config.driver)
}

async function start(
  identity: Identity,
  keys: AgentKeys,
  tools: Tools,
  registry: Registry,
  onRepinned: () => void,
): Promise<Agent> {
  const { dataFolder } = config
  const pinned = await loadGeneration(dataFolder, identity)
  const pin = pinOf(identity, pinned)
  const files = await writeIdentityFiles(dataFolder, identity, keys)
  const saved = await openSavedState(join(dataFolder, 'desired.journal'), pin, log)
  const placement = await openSavedPlacement(join(dataFolder, 'node.journal'), pin, log)
  const owned = await openOwnedDevices(join(dataFolder, 'devices.json'), currentBootId())
  const scheme = files.caFile === undefined ? 'nats' : 'tls'
  const servers =
    config.natsServers ??
    identity.natsServers.map((server) =>
      server.includes('://') ? server : `${scheme}://${server}`,
    )

  // With a CA the client insists on TLS; a server named with nats:// speaks none.
  const isTls = servers.some((server) => server.startsWith('tls://'))

  const agentTelemetry = { ...telemetry, registry }
  return startAgent({
    identity,
    pin,
    pinned,
    onRepinned,
    dataFolder,
    keys,
    saved,
    placement,
    owned,
    host: hostWith(tools),
    firewall: {
      choice: config.firewall,
      repairs: config.firewallRepair === 'true',
      journal: join(dataFolder, 'rules.journal'),
      mountPoint: join(dataFolder, 'bpf'),
      libbpf: config.libbpf,
      nft: tools.nft === undefined ? undefined : [tools.nft],
      checkMs: config.firewallCheckMs,
      flowsPerSecond: config.flowsPerSecond,
    },
    witness: await witnessOf(identity, pinned, keys, registry),
    servers,
    openLog: () =>
      openLog({
        url: servers.join(','),
        credentialsFile: files.credentialsFile,
        ...(isTls && files.caFile !== undefined ? { caFile: files.caFile } : {}),
        name: identity.nodeId,
        context: 'node', // nodes append nothing; no permission goes with it
        expectedLineageId: identity.lineageId,
        telemetry: agentTelemetry,
      }),
    telemetry: agentTelemetry,
    checkMs: config.checkMs,
    reportMs: config.reportMs,
    metricsPeers: config.metricsPeers,
  })
}

/** Who we are; undefined when told to stop before anybody said so. */
async function identify(keys: AgentKeys, signal: AbortSignal): Promise<Identity | undefined> {
  const { dataFolder } = config
  const known = await loadIdentity(dataFolder)
  if (known) return known
  log.info({ dataFolder }, 'this node is not enrolled yet')
  const { enrollUrl: url, enrollToken: token } = enrolmentSettings.load(process.env)
  try {
    const identity = await enroll({ url, token, keys, dataFolder, log, signal })
    log.info({ nodeId: identity.nodeId, nodeName: identity.nodeName }, 'enrolled')
    return identity
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
}

interface Tools {
  readonly wg: string
  readonly ip: string
  readonly wireguardGo: string
  /** Undefined: rules cannot be enforced by nftables. */
  readonly nft: string | undefined
}

function findTools(): Tools {
  const searchPath = process.env['PATH'] ?? ''
  const wg = findTool('wg', config.wg, searchPath)
  const ip = findTool('ip', config.ip, searchPath)
  const wireguardGo = findTool('wireguard-go', config.wireguardGo, searchPath)
  // With `auto` the kernel may do without it; where it does not, making a device says so.
  const needsGo = config.driver === 'userspace' && wireguardGo === undefined
  if (wg === undefined || ip === undefined || needsGo) {
    const missing = missingTools([
      ...(wg === undefined ? (['wg'] as const) : []),
      ...(ip === undefined ? (['ip'] as const) : []),
      ...(needsGo ? (['wireguard-go'] as const) : []),
    ])
    throw new Error(missing)
  }
  const nft = findTool('nft', config.nft, searchPath)
  return { wg, ip, wireguardGo: wireguardGo ?? 'wireguard-go', nft }
}

/** Where configuration lies while a tool reads it: in memory where there is such a place. */
function memoryFolder(fallback: string): string {
  try {
    accessSync('/dev/shm', constants.W_OK | constants.X_OK)
    return '/dev/shm'
  } catch {
    return fallback
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
