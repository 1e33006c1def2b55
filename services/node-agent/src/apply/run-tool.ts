import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export const toolNames = ['wg', 'ip', 'wireguard-go'] as const
export type ToolName = (typeof toolNames)[number]

/** A tool that answered with a failure. The message is safe to report: keys are cut out. */
export class ToolFailed extends Error {
  override readonly name = 'ToolFailed'
  readonly stderr: string

  constructor(tool: ToolName, args: readonly string[], outcome: string, stderr: string) {
    const words = args.filter((word) => !keyPattern.test(word)).slice(0, 4)
    const said = firstLines(stderr)
    super(`${tool} ${words.join(' ')} ${outcome}${said === '' ? '' : `: ${said}`}`)
    this.stderr = said
  }
}

export interface RunOptions {
  /** For standard input; where secrets travel, since arguments are public. */
  readonly input?: string
  /** Default 10,000. */
  readonly timeoutMs?: number
  /** In a session of its own, so that what it leaves running outlives the agent and its process group. */
  readonly isDetached?: boolean
}

/** Runs a tool to its end and answers what it printed. Rejects with ToolFailed. */
export type RunTool = (
  tool: ToolName,
  args: readonly string[],
  options?: RunOptions,
) => Promise<string>

// The tools get nothing of our environment but where to find things, and speak English.
const environment = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' }
const keyPattern = /[A-Za-z0-9+/]{43}=/
const maxOutputBytes = 64 * 1024 * 1024

const firstLines = (text: string): string =>
  text
    .replace(new RegExp(keyPattern, 'g'), '[key]')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, 3)
    .join('; ')
    .slice(0, 300)

/**
 * A file without a name, holding the text. A pipe would not do: Node's are sockets, and those cannot be
 * opened again as /dev/stdin, which is how wg(8) wants its configuration.
 */
function namelessFile(folder: string, text: string): number {
  const path = join(folder, `holdfast-${randomUUID()}`)
  const file = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  // Written by position, so that a reader that inherits the file starts at its beginning.
  const bytes = Buffer.from(text)
  let at = 0
  while (at < bytes.length) at += writeSync(file, bytes, at, bytes.length - at, at)
  return file
}

export interface ToolRunnerOptions {
  /** How each tool is started: its path, or words before it (tests put `ip netns exec …` there). */
  readonly commands: Readonly<Record<ToolName, readonly string[]>>
  /** Where input lies while a tool reads it; best in memory (/dev/shm). */
  readonly folder: string
}

export function toolRunner({ commands, folder }: ToolRunnerOptions): RunTool {
  return (tool, args, options = {}) =>
    new Promise((resolve, reject) => {
      const { input, timeoutMs = 10_000, isDetached = false } = options
      const [program = tool, ...before] = commands[tool]
      const file = input === undefined ? undefined : namelessFile(folder, input)
      const child = spawn(program, [...before, ...args], {
        env: environment,
        detached: isDetached,
        stdio: [file ?? 'ignore', 'pipe', 'pipe'],
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      })
      if (file !== undefined) closeSync(file)
      const output: Buffer[] = []
      const complaints: Buffer[] = []
      let outputBytes = 0
      const fail = (outcome: string): void =>
        reject(new ToolFailed(tool, args, outcome, Buffer.concat(complaints).toString()))

      child.stdout?.on('data', (chunk: Buffer) => {
        outputBytes += chunk.length
        if (outputBytes <= maxOutputBytes) output.push(chunk)
        else child.kill('SIGKILL')
      })
      child.stderr?.on('data', (chunk: Buffer) => {
        if (complaints.length < 64) complaints.push(chunk)
      })
      child.once('error', (error) => fail(`cannot be started (${error.message})`))
      child.once('close', (code, killedBy) => {
        if (code === 0) resolve(Buffer.concat(output).toString())
        else
          fail(
            code === null
              ? `was ended by ${killedBy} after up to ${timeoutMs} ms`
              : `failed (${code})`,
          )
      })
    })
}
