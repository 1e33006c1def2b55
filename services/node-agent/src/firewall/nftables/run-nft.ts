import { execFileSync } from 'node:child_process'

/** Runs nft(8) and answers what it printed. Holds the thread, which is the firewall's own. */
export type RunNft = (args: readonly string[], input?: string) => string

const maxBytes = 512 * 1024 * 1024
const timeoutMs = 120_000

export class NftFailed extends Error {
  override readonly name = 'NftFailed'
  readonly stderr: string
  constructor(stderr: string) {
    super(`nft: ${stderr.split('\n')[0] ?? 'failed'}`.slice(0, 300))
    this.stderr = stderr
  }
}

export const nftRunner =
  ([program = 'nft', ...before]: readonly string[]): RunNft =>
  (args, input) => {
    try {
      return execFileSync(program, [...before, ...args], {
        encoding: 'utf8',
        input: input ?? '',
        maxBuffer: maxBytes,
        timeout: timeoutMs,
        stdio: ['pipe', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' },
      })
    } catch (error) {
      const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
      throw new NftFailed(said || (error instanceof Error ? error.message : String(error)))
    }
  }

export const isAbsent = (error: unknown): boolean =>
  error instanceof NftFailed && /No such file or directory/.test(error.stderr)
