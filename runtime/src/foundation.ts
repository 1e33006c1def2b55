import { join } from 'node:path'
import type { RuntimeSettings } from './config.ts'
import type { DataDirectory } from './data-directory.ts'
import { portNames, processNames, type Surroundings, serviceNames } from './environment.ts'
import type { Journal } from './journal.ts'
import { keepEnvironment } from './keep-environment.ts'
import { type LogServer, openLogServer } from './log-server.ts'
import { agentEdge, machineHosts, openPki, type Pki } from './pki.ts'
import { choosePorts, type PortWish } from './ports.ts'
import { postgresUrlFile } from './postgres-process.ts'
import { openRootKey } from './root-key.ts'
import type { RunFile } from './run-file.ts'

/** What has to be there before the first process starts; all of it survives to the next start. */
export interface Foundation {
  readonly ports: Readonly<Record<string, number>>
  readonly pki: Pki
  readonly logServer: LogServer
  readonly surroundings: Surroundings
}

/** Makes what is missing and keeps what is there. Throws Refused, PortTaken and what the file system throws. */
export async function layFoundation(
  data: DataDirectory,
  values: RuntimeSettings,
  env: NodeJS.ProcessEnv,
  previous: RunFile | undefined,
  journal: Journal,
  onProgress: (text: string) => void,
  signal: AbortSignal,
): Promise<Foundation> {
  keepEnvironment(data, env)
  const rootKey = openRootKey(data, {
    given: values.rootKey,
    givenFile: env['HOLDFAST_ROOT_KEY_FILE'],
    nextFile: values.rootKeyNextFile,
    isSealed: values.seal === 'shamir',
  })
  const hosts = values.agentHost ? [values.agentHost] : machineHosts()
  const pki = openPki({
    keysDir: data.keys,
    identitiesDir: data.identities,
    services: [...serviceNames, 'gateway', 'supervisor'],
    agentHosts: hosts,
  })
  const [ports, renewed] = await Promise.all([
    choosePorts(portWishes(values, previous?.ports ?? {})),
    pki.renew(new Date()),
  ])
  if (renewed.length > 0) journal.say('info', 'certificates issued', { names: renewed })
  const agentPort = ports[portNames.agentEdge] ?? 0
  const logServer = await openLogServer({
    data,
    mode: values.mode,
    flowsMaxBytes: values.flowsMaxMebibytes * mebibyte,
    access: {
      accessMaxBytes: values.accessMaxMebibytes * mebibyte,
      accessMaxAgeMs: values.retentionMs,
    },
    events: {
      eventsMaxBytes: values.eventsMaxMebibytes * mebibyte,
      eventsMaxAgeMs: values.eventsDays * 86_400_000,
    },
    env,
    port: agentPort,
    tls: { ...pki.files(agentEdge), authority: pki.authorityFile },
    isArchived: values.durability === 'log+archive',
    hasEffects: values.effects === 'on',
    journal,
    onProgress,
    signal,
  })
  const surroundings: Surroundings = {
    ports,
    mode: values.mode,
    effects: values.effects,
    logLevel: values.logLevel,
    drainMs: values.drainMs,
    httpHost: values.httpHost,
    natsUrl: logServer.url,
    natsCaFile: logServer.caFile,
    logStream: logServer.stream,
    authorityFile: pki.authorityFile,
    identity: (name) => ({
      ...pki.files(name),
      credentials: logServer.credentialsFile(name),
      postgresUrl: postgresUrlFile(data.identities, name),
    }),
    agentServers: hosts.map((host) => agentUrl(host, agentPort)),
    rootKey: { ...rootKey.source },
    keysDir: data.keys,
    backupsDir: data.backups,
    dataDir: data.root,
    natsSigningSeedFile: logServer.signingSeedFile,
    natsAccount: logServer.account,
    guard: {
      instanceFile: logServer.instanceFile,
      credentialsFile: logServer.credentialsFile('log-guard'),
      ingestSeedFile: logServer.ingestSeedFile,
      rootKeyFingerprint: rootKey.fingerprint,
      formerRootKeys: rootKey.former,
      durability: values.durability,
      diskReserve: values.diskReserve,
      archiveDir: data.archive,
      dir: data.guard,
      logDir: data.nats,
      databaseDir: join(data.root, 'postgres'),
    },
    agentData: data.agent,
    localAgentServer: agentUrl('127.0.0.1', agentPort),
  }
  return { ports, pki, logServer, surroundings }
}

const mebibyte = 1024 ** 2

const agentUrl = (host: string, port: number): string =>
  `tls://${host.includes(':') ? `[${host}]` : host}:${port}`

function portWishes(
  values: RuntimeSettings,
  previous: Readonly<Record<string, number>>,
): readonly PortWish[] {
  const before = (name: string) => {
    const port = previous[name]
    return port === undefined ? {} : { previous: port }
  }
  const demanded = (port: number | undefined) => (port === undefined ? {} : { demanded: port })
  const inside = [
    ...serviceNames.map((name) => portNames.grpc(name)),
    ...processNames.map((name) => portNames.health(name)),
  ]
  return [
    {
      name: portNames.http,
      host: values.httpHost,
      preferred: 8080,
      ...demanded(values.httpPort),
      ...before(portNames.http),
    },
    {
      name: portNames.agentEdge,
      host: '0.0.0.0',
      // No usual number: two suites made at different times would both have it, and never run together.
      isAdvertised: true,
      ...demanded(values.agentPort),
      ...before(portNames.agentEdge),
    },
    ...inside.map((name) => ({ name, host: '127.0.0.1', ...before(name) })),
  ]
}
