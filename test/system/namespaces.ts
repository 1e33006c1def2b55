import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'

/**
 * Hosts of the test's own: a server and a client, each a network namespace, joined by veth pairs.
 *
 *   this machine 10.213.n.1 ── 10.213.n.2 server 10.214.n.1 ── 10.214.n.2 client
 *
 * All traffic of a test stays on these addresses. `remove` takes everything away again.
 */
export interface Network {
  readonly server: string
  readonly client: string
  /** Where the test reaches the server. */
  readonly serverAddress: string
  /** Where the client reaches the server. */
  readonly uplinkAddress: string
  /** The server's device towards the client. */
  readonly uplinkDevice: string
  exec(namespace: string, command: string, ...args: readonly string[]): string
  start(
    namespace: string,
    command: string,
    args: readonly string[],
    env?: NodeJS.ProcessEnv,
  ): ChildProcess
  remove(): void
}

/** A tool that never answers would block the whole run, and no limit of a test could end it. */
const limit = { timeout: 30_000, killSignal: 'SIGKILL' } as const

const ip = (...args: readonly string[]): void => {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'], ...limit })
}

/** Why this machine cannot make network namespaces with WireGuard in them; undefined when it can. */
export function missingForTunnels(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root for network namespaces'
  for (const tool of ['ip', 'wg', 'wireguard-go']) {
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0) return `needs ${tool} on PATH`
  }
  const name = `hfprobe${process.pid}`
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return 'cannot make network namespaces'
  spawnSync('ip', ['netns', 'del', name])
  return undefined
}

let counter = process.pid % 200

/** Makes the two hosts. Addresses that lead elsewhere on this machine (another run's, a leftover) are not taken. */
export function createNetwork(): Network {
  for (let attempt = 1; ; attempt += 1) {
    const network = makeNetwork()
    const { status } = spawnSync('ping', ['-n', '-q', '-c3', '-i0.2', '-W2', network.serverAddress])
    if (status === 0) return network
    const told = spawnSync('ip', ['route', 'get', network.serverAddress], { encoding: 'utf8' })
    network.remove()
    if (attempt === 5) throw new Error(`the server cannot be reached: ${told.stdout}${told.stderr}`)
  }
}

/** `n` keeps parallel test files apart. */
function makeNetwork(): Network {
  const n = counter
  counter = (counter + 1) % 250
  const tag = `hf${process.pid.toString(36)}${n.toString(36)}`
  const [server, client] = [`${tag}s`, `${tag}c`]
  ip('netns', 'add', server)
  ip('netns', 'add', client)
  ip('link', 'add', `${tag}a`, 'type', 'veth', 'peer', 'name', `${tag}b`, 'netns', server)
  ip(
    '-n',
    server,
    'link',
    'add',
    `${tag}d`,
    'type',
    'veth',
    'peer',
    'name',
    `${tag}e`,
    'netns',
    client,
  )
  ip('addr', 'add', `10.213.${n}.1/30`, 'dev', `${tag}a`)
  ip('link', 'set', `${tag}a`, 'up')
  for (const [namespace, device, address] of [
    [server, `${tag}b`, `10.213.${n}.2/30`],
    [server, `${tag}d`, `10.214.${n}.1/30`],
    [client, `${tag}e`, `10.214.${n}.2/30`],
  ] as const) {
    ip('-n', namespace, 'link', 'set', 'lo', 'up')
    ip('-n', namespace, 'addr', 'add', address, 'dev', device)
    ip('-n', namespace, 'link', 'set', device, 'up')
  }
  const inside = (namespace: string, command: string, args: readonly string[]): string[] => [
    'netns',
    'exec',
    namespace,
    command,
    ...args,
  ]
  return {
    server,
    client,
    serverAddress: `10.213.${n}.2`,
    uplinkAddress: `10.214.${n}.1`,
    uplinkDevice: `${tag}d`,
    exec: (namespace, command, ...args) =>
      execFileSync('ip', inside(namespace, command, args), {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        ...limit,
      }),
    start: (namespace, command, args, env) =>
      spawn('ip', inside(namespace, command, args), {
        env: { ...process.env, ...env },
        stdio: 'pipe',
      }),
    remove() {
      for (const namespace of [client, server]) {
        const pids = spawnSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' }).stdout
        for (const pid of pids.split('\n').filter(Boolean)) {
          try {
            process.kill(Number(pid), 'SIGKILL')
          } catch {
            // It ended by itself meanwhile.
          }
        }
        spawnSync('ip', ['netns', 'del', namespace])
      }
      spawnSync('ip', ['link', 'del', `${tag}a`])
    },
  }
}
