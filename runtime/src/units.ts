import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { agentProcess } from './agent-process.ts'
import { environmentOf, type ProcessName, portNames, serviceNames } from './environment.ts'
import type { Foundation } from './foundation.ts'
import { isEnrolled, outdatedNode } from './local-identity.ts'
import { nodeProcess } from './node-process.ts'
import { postgresProcess, postgresUrlFile } from './postgres-process.ts'
import type { ProcessSpec } from './supervised-process.ts'
import type { Unit } from './supervisor.ts'

/** Who drains together, first phase first. */
export const drainPhases = [
  ['gateway', 'node-agent'],
  ['rules', 'audit', 'notify'],
  ['network'],
  ['auth'],
  // Whoever answered last was waiting for it.
  ['backup'],
  ['nats'],
  ['postgres'],
]
/** What the suite is without a local node. */
export const coreNames = ['postgres', 'nats', ...serviceNames, 'gateway']
/** Who holds a certificate of ours, in the order in which they are restarted when it is renewed. */
export const certifiedNames = ['nats', ...serviceNames, 'gateway']

/** The bundle of a process, beside our own. */
const bundle = (name: ProcessName): string => fileURLToPath(new URL(`./${name}.mjs`, bundleUrl()))

/** In the checkout `import.meta.url` names the source (scripts/build.mjs); bundles are in dist/. */
const bundleUrl = (): URL => new URL('../../dist/', import.meta.url)

const healthUrl = (ports: Readonly<Record<string, number>>, name: ProcessName): string =>
  `http://127.0.0.1:${ports[portNames.health(name)]}`

export const readyUrl = (ports: Readonly<Record<string, number>>, name: ProcessName): string =>
  `${healthUrl(ports, name)}${name === 'node-agent' ? '/ready' : '/readyz'}`

export interface UnitOptions {
  readonly dataRoot: string
  readonly identities: string
  readonly env: NodeJS.ProcessEnv
  readonly drainMs: number
  /** Auth waits for shards of the root key and everybody for auth: a process that lives is as far as it gets by itself. */
  readonly isSealed: boolean
  /** Absent: this machine is no node. */
  readonly localNode?: {
    readonly path: string
    /** Undefined: the system's, or what the operator said. */
    readonly libbpf: string | undefined
    readonly url: string
    readonly agentData: string
    /** A fresh enrolment token, asked for only when the agent has no identity yet. */
    enrolmentToken(): Promise<string>
    /** Fresh credentials for the node that is enrolled here. */
    renewed(nodeId: string): Promise<string>
  }
}

/** How long a process of a sealed instance has before it is taken for started. */
const sealedStartMs = 4_000

/** All processes of the suite, with what each has to wait for. */
export function unitsOf(foundation: Foundation, options: UnitOptions): readonly Unit[] {
  const { ports, surroundings, logServer } = foundation
  const { env, drainMs, isSealed, localNode } = options
  const ours = (name: ProcessName): ProcessSpec =>
    nodeProcess({
      name,
      file: bundle(name),
      env: environmentOf(name, surroundings, env),
      readyUrl: readyUrl(ports, name),
      ...(isSealed
        ? { aliveUrl: `${healthUrl(ports, name)}/healthz`, readyTimeoutMs: sealedStartMs }
        : {}),
      stopTimeoutMs: drainMs + 5_000,
    })
  // The guard, which everybody's log waits for, must not wait for a database; but at the very first start there is no
  // address of one yet, and no log to wait for it.
  const isKnown = (name: string) => existsSync(postgresUrlFile(options.identities, name))
  const units: Unit[] = [
    { spec: postgresProcess(options.dataRoot, options.identities), needs: [] },
    { spec: logServer.process, needs: [] },
    ...serviceNames.map((name) => ({
      spec: ours(name),
      needs: name === 'backup' && isKnown(name) ? ['nats'] : ['postgres', 'nats'],
    })),
    { spec: ours('gateway'), needs: ['nats'] },
  ]
  if (localNode) {
    const hasIdentity = isEnrolled(localNode.agentData)
    const agent = {
      name: 'node-agent' as const,
      file: bundle('node-agent'),
      env: {
        ...environmentOf('node-agent', surroundings, env),
        PATH: localNode.path,
        ...(localNode.libbpf ? { HOLDFAST_LIBBPF: localNode.libbpf } : {}),
      },
      readyUrl: readyUrl(ports, 'node-agent'),
      // It enforces what it has saved without the rest: nothing it waits for is a reason to end it.
      aliveUrl: `${healthUrl(ports, 'node-agent')}/health`,
      readyTimeoutMs: hasIdentity ? 5_000 : 20_000,
      stopTimeoutMs: drainMs + 5_000,
    }
    const isOutdated = outdatedNode(localNode.agentData) !== undefined
    const needs = !hasIdentity ? ['gateway'] : isOutdated ? ['nats', 'auth'] : ['nats']
    units.push({ spec: agentProcess(agent, localNode), needs })
  }
  return units
}
