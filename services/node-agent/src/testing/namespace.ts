import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import type { RunTool } from '../apply/run-tool.ts'
import { toolRunner } from '../apply/run-tool.ts'

/** A network of its own, so that tests touch nothing of the machine's. */
export interface TestNamespace {
  readonly name: string
  /** Words that run a command inside. */
  readonly enter: readonly string[]
  readonly run: RunTool
  /** Runs a command inside, answers what it printed. */
  exec(...words: readonly string[]): string
  remove(): void
}

/** Why there can be no namespaces with WireGuard here; undefined when there can. */
export function namespacesMissing(): string | undefined {
  if (process.getuid?.() !== 0) return 'not root'
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch {
    return 'no /dev/net/tun'
  }
  for (const tool of ['ip', 'wg', 'wireguard-go']) {
    try {
      execFileSync('sh', ['-c', `command -v ${tool}`], { stdio: 'ignore' })
    } catch {
      return `no ${tool}`
    }
  }
  try {
    const probe = `hfprobe${process.pid}`
    execFileSync('ip', ['netns', 'add', probe], { stdio: 'ignore' })
    execFileSync('ip', ['netns', 'delete', probe], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'no network namespaces'
  }
}

let made = 0

export function testNamespace(): TestNamespace {
  const name = `hf${process.pid}n${made++}`
  execFileSync('ip', ['netns', 'add', name])
  const enter = ['ip', 'netns', 'exec', name]
  const exec = (...words: readonly string[]): string =>
    execFileSync(enter[0] ?? '', [...enter.slice(1), ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      // A tool that never answers would block the run beyond every limit of a test.
      timeout: 30_000,
      killSignal: 'SIGKILL',
    })
  exec('ip', 'link', 'set', 'lo', 'up')
  return {
    name,
    enter,
    run: toolRunner({
      commands: {
        wg: [...enter, 'wg'],
        ip: [...enter, 'ip'],
        'wireguard-go': [...enter, 'wireguard-go'],
      },
      folder: '/dev/shm',
    }),
    exec,
    remove() {
      // Taking the devices away ends their wireguard-go; a namespace with processes would live on.
      try {
        for (const { ifname } of JSON.parse(exec('ip', '-j', 'link')) as { ifname: string }[]) {
          if (ifname !== 'lo') exec('ip', 'link', 'delete', 'dev', ifname)
        }
      } finally {
        execFileSync('ip', ['netns', 'delete', name])
      }
    },
  }
}
