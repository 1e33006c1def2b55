import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { findProgram, findTools, type Program, searchPath } from './programs.ts'

const run = promisify(execFile)

/** Whether this machine can be a node itself. */
export type LocalNode =
  | {
      readonly isPossible: true
      /** PATH of the agent. */
      readonly path: string
      /** libbpf for it, where the system has none. */
      readonly libbpf: string | undefined
    }
  | {
      readonly isPossible: false /** One line: what is missing and how to get it. */
      readonly reason: string
    }

const no = (reason: string): LocalNode => ({ isPossible: false, reason })

const capNetAdmin = 12n

/**
 * Looks for what an agent needs: rights, `ip`, `wg`, and a WireGuard in the kernel or wireguard-go; libbpf or nft for
 * rules. What is not there is fetched into `directory`, which the system does not see.
 */
export async function examineLocalNode(
  directory: string,
  env: NodeJS.ProcessEnv,
  onFetch: (names: readonly string[]) => void,
  signal: AbortSignal,
): Promise<LocalNode> {
  if (process.platform !== 'linux') return no('an agent needs Linux')
  if (process.getuid?.() !== 0 || !hasCapability(capNetAdmin)) {
    return no(
      'not root with CAP_NET_ADMIN: start as root to make this machine a node, or enrol other machines (holdfast node enroll)',
    )
  }
  const hasKernelWireguard = await kernelHasWireguard(env)
  const required: readonly Program[] = hasKernelWireguard
    ? ['ip', 'wg']
    : ['ip', 'wg', 'wireguard-go']
  if (!hasKernelWireguard && !existsSync('/dev/net/tun')) {
    return no(
      'the kernel has neither WireGuard nor /dev/net/tun: modprobe wireguard, or modprobe tun',
    )
  }
  try {
    // Without libbpf and nft it is a node as well; the agent says what it then cannot enforce.
    const wanted = { required, optional: ['nft'] as const }
    const { path, libbpf } = await findTools(wanted, directory, env, onFetch, signal)
    return { isPossible: true, path, libbpf }
  } catch (error) {
    return no(error instanceof Error ? error.message : String(error))
  }
}

function hasCapability(bit: bigint): boolean {
  const status = readFileSync('/proc/self/status', 'utf8')
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'
  return ((BigInt(`0x${effective}`) >> bit) & 1n) === 1n
}

/** Loaded, built in, or there to be loaded. */
async function kernelHasWireguard(env: NodeJS.ProcessEnv): Promise<boolean> {
  if (existsSync('/sys/module/wireguard')) return true
  const modprobe = findProgram('modprobe', searchPath(env))
  if (!modprobe) return false
  return run(modprobe, ['wireguard']).then(
    () => existsSync('/sys/module/wireguard'),
    () => false,
  )
}
