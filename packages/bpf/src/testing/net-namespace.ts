import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { openLibrary } from '../native.ts'

/** A network of the test's own: nothing outside is attached to, no packet leaves it. */
export interface NetNamespace {
  readonly name: string
  /** Runs synchronous calls of this thread inside, child processes as well. */
  inside<T>(work: () => T): T
  /** Runs `ip` inside. */
  ip(...words: readonly string[]): string
  /** Whether a packet from inside comes back; on a busy machine it may take its time. */
  reaches(address: string): boolean
  /** Whether nothing comes back within a second. */
  isCutOff(address: string): boolean
  remove(): void
}

/** Why there can be none here; undefined when there can. */
export function namespacesMissing(): string | undefined {
  for (const tool of ['ip', 'ping']) {
    if (spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0) return `needs ${tool} on PATH`
  }
  const probe = `hfprobe${process.pid}`
  if (spawnSync('ip', ['netns', 'add', probe]).status !== 0) return 'no network namespaces'
  spawnSync('ip', ['netns', 'del', probe])
  return undefined
}

let made = 0

export function netNamespace(): NetNamespace {
  const name = `hfbpf${process.pid}n${made++}`
  execFileSync('ip', ['netns', 'add', name])
  const setns = openLibrary(null).function<(fd: number, type: number) => number>('setns', 'int', [
    'int',
    'int',
  ])
  const enter = (path: string): void => {
    const fd = openSync(path, 'r')
    const result = setns(fd, 0x4000_0000 /* CLONE_NEWNET */)
    closeSync(fd)
    if (result !== 0) throw new Error(`cannot enter ${path}`)
  }
  const ip = (...words: readonly string[]): string =>
    execFileSync('ip', ['-n', name, ...words], { encoding: 'utf8', timeout: 30_000 })
  const ping = (address: string, ...limit: readonly string[]): boolean =>
    spawnSync('ip', ['netns', 'exec', name, 'ping', '-n', '-c', '1', ...limit, address]).status ===
    0
  ip('link', 'set', 'lo', 'up')
  return {
    name,
    inside(work) {
      const home = openSync('/proc/thread-self/ns/net', 'r')
      enter(`/run/netns/${name}`)
      try {
        return work()
      } finally {
        setns(home, 0x4000_0000)
        closeSync(home)
      }
    },
    ip,
    // Sends one a second and ends with the first that comes back.
    reaches: (address) => ping(address, '-w', '30'),
    isCutOff: (address) => !ping(address, '-W', '1'),
    remove: () => {
      execFileSync('ip', ['netns', 'del', name])
    },
  }
}
