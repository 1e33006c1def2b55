import { spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import { isReady, waitReady } from './readiness.ts'
import { killGroup, type Life, type ProcessSpec } from './supervised-process.ts'

export interface NodeProcess {
  readonly name: string
  /** The bundle. */
  readonly file: string
  /** All of its environment; secrets are in files it names. */
  readonly env: Readonly<Record<string, string>>
  /** Answers 200 once the process is ready. */
  readonly readyUrl: string
  /** Default 60 s. */
  readonly readyTimeoutMs?: number
  /** Answers 200 while it runs. With it, one that is alive and not ready in time is left to go on trying. */
  readonly aliveUrl?: string
  /** How long it may drain before it is killed. */
  readonly stopTimeoutMs: number
}

/** One of our own processes: a bundle run by this Node, ready when its /readyz says so, drained by SIGTERM. */
export function nodeProcess(what: NodeProcess): ProcessSpec {
  return {
    name: what.name,
    endSignal: 'SIGTERM',
    async launch({ onLine, onPid, signal }) {
      const child = spawn(process.execPath, [what.file], {
        env: what.env,
        // A group of its own: Ctrl-C in a terminal is ours to pass on, in order.
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const gone = new AbortController()
      const exited = new Promise<string>((resolve) => {
        child.once('error', (error) => resolve(error.message))
        child.once('exit', (code, killer) => resolve(killer ?? `code ${code}`))
      }).then((end) => {
        gone.abort(new Error(`ended with ${end}`))
        return end
      })
      for (const stream of [child.stdout, child.stderr]) readLines(stream, onLine)
      const { pid } = child
      if (pid === undefined) throw new Error(await exited)
      onPid(pid)

      const life: Life = {
        pid,
        exited,
        async stop() {
          child.kill('SIGTERM')
          const timer = setTimeout(() => {
            onLine(`not drained within ${what.stopTimeoutMs} ms: killed`)
            killGroup(pid)
          }, what.stopTimeoutMs)
          await exited
          clearTimeout(timer)
        },
      }
      const deadline = AbortSignal.timeout(what.readyTimeoutMs ?? 60_000)
      try {
        await waitReady(what.readyUrl, AbortSignal.any([signal, gone.signal, deadline]))
        return life
      } catch (error) {
        const isTrying = deadline.aborted && !signal.aborted && !gone.signal.aborted
        if (isTrying && what.aliveUrl && (await isReady(what.aliveUrl, 2_000))) return life
        if (signal.aborted) await life.stop()
        killGroup(pid)
        await exited
        throw error
      }
    },
  }
}

/** Whole lines, however the pipe cuts them; a line without an end is cut at 64 KiB. */
function readLines(stream: Readable, onLine: (text: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line !== '') onLine(line)
    if (rest.length > 65_536) {
      onLine(rest)
      rest = ''
    }
  })
  stream.on('end', () => {
    if (rest !== '') onLine(rest)
  })
  stream.on('error', () => undefined)
}
