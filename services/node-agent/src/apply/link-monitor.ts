import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface LinkMonitorOptions {
  /** How `ip` is started; its words before the arguments. */
  readonly command: readonly string[]
  /** The devices of interest, now. */
  readonly devices: () => readonly string[]
  /** One of them changed: a device, an address or a route. Called at most every `lingerMs`. */
  readonly onChange: () => void
  /** Default 200. */
  readonly lingerMs?: number
}

const restartMs = 10_000

/** Hears from the kernel at once what a look every few seconds would find. Nothing depends on it. */
export function linkMonitor(options: LinkMonitorOptions): { stop(): void } {
  const { command, devices, onChange, lingerMs = 200 } = options
  let isStopped = false
  let child: ReturnType<typeof start> | undefined
  let linger: NodeJS.Timeout | undefined
  let restart: NodeJS.Timeout | undefined

  function start() {
    const [program = 'ip', ...before] = command
    const monitor = spawn(program, [...before, '-o', 'monitor', 'link', 'address', 'route'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
    })
    createInterface({ input: monitor.stdout }).on('line', (line) => {
      const words = line.split(/[\s:@]+/)
      if (linger || !devices().some((device) => words.includes(device))) return
      linger = setTimeout(() => {
        linger = undefined
        onChange()
      }, lingerMs)
    })
    monitor.once('error', again)
    monitor.once('exit', again)
    return monitor
  }

  function again(): void {
    if (isStopped) return
    clearTimeout(restart)
    restart = setTimeout(() => {
      child = start()
    }, restartMs)
    restart.unref()
  }

  child = start()
  return {
    stop() {
      isStopped = true
      clearTimeout(linger)
      clearTimeout(restart)
      child?.kill()
    },
  }
}
