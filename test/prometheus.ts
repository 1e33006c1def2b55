import { type ChildProcess, execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { fetchPackages } from '@holdfast/embedded'
import { findProgram, searchPath } from '../runtime/src/programs.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))

export interface Tools {
  readonly prometheus: string
  readonly promtool: string
}

/** Prometheus of this machine, or of Debian's package, unpacked where the system does not see it. A string says why not. */
export async function findPrometheus(): Promise<Tools | string> {
  const path = searchPath(process.env)
  const [prometheus, promtool] = ['prometheus', 'promtool'].map((name) => findProgram(name, path))
  if (prometheus && promtool) return { prometheus, promtool }
  const directory = join(root, '.holdfast/test-tools/prometheus')
  try {
    if (!existsSync(directory)) await mkdir(dirname(directory), { recursive: true })
    const { bin } = await fetchPackages(
      directory,
      { packages: ['prometheus'], programs: ['prometheus', 'promtool'], libraries: [] },
      AbortSignal.timeout(180_000),
    )
    return { prometheus: join(bin, 'prometheus'), promtool: join(bin, 'promtool') }
  } catch (error) {
    return `no prometheus here and none to be had (${error instanceof Error ? error.message : error})`
  }
}

/** What promtool says of it; throws with that when it does not agree. */
export async function promtool(
  { promtool }: Tools,
  args: readonly string[],
  input = '',
): Promise<string> {
  const running = run(promtool, [...args], { maxBuffer: 64 * 1024 * 1024 })
  running.child.stdin?.end(input)
  try {
    const { stdout, stderr } = await running
    return stdout + stderr
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? `${error.stderr}` : ''
    const told = error instanceof Error && 'stdout' in error ? `${error.stdout}` : ''
    throw new Error(`promtool ${args.join(' ')}\n${told}${said}`, { cause: error })
  }
}

export interface Sample {
  readonly metric: Readonly<Record<string, string>>
  readonly value: readonly [at: number, value: string]
}

/** Questions to a Prometheus that runs. */
export async function query(url: string, expression: string): Promise<readonly Sample[]> {
  const response = await fetch(`${url}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query: expression }),
  })
  const answer = (await response.json()) as {
    status: string
    error?: string
    data?: { result: readonly Sample[] | readonly [number, string] }
  }
  if (answer.status !== 'success') throw new Error(`${expression}: ${answer.error}`)
  return (answer.data?.result ?? []) as readonly Sample[]
}

export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise<void>((done) => child.once('exit', () => done()))
  child.kill('SIGTERM')
  await gone
}
