/** What a script can rely on; docs/cli.md lists them. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  signedOut: 3,
  notFound: 4,
  conflict: 5,
  unreachable: 6,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Ends the command with one line on stderr. */
export class CliError extends Error {
  readonly exitCode: ExitCode
  /** Further lines, for example one a field. */
  readonly hints: readonly string[]
  /** The stable code of the server's problem, when there is one. */
  readonly code: string | undefined

  constructor(message: string, exitCode: ExitCode, hints: readonly string[] = [], code?: string) {
    super(message)
    this.exitCode = exitCode
    this.hints = hints
    this.code = code
  }
}

/** The exit code that goes with an HTTP status. */
export function exitCodeOf(status: number): ExitCode {
  if (status === 401) return exitCodes.signedOut
  if (status === 404) return exitCodes.notFound
  if (status === 409 || status === 412 || status === 422) return exitCodes.conflict
  if (status === 502 || status === 503 || status === 504) return exitCodes.unreachable
  return exitCodes.failed
}
