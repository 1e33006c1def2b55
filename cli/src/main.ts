import { terminalAsk } from './ask.ts'
import { createContext } from './context.ts'
import { CliError, exitCodes } from './exit.ts'
import { createProgram, Shown } from './program.ts'

const context = createContext(
  process.env,
  {
    write: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${text}\n`),
    isTerminal: process.stdout.isTTY === true,
    columns: process.stdout.columns ?? 80,
  },
  terminalAsk,
)

// A reader that has seen enough (`| head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(exitCodes.ok)
  throw error
})

try {
  await createProgram(context).parseAsync(process.argv)
} catch (error) {
  process.exitCode = report(error)
}

function report(error: unknown): number {
  if (error instanceof Shown) return error.exitCode
  if (!(error instanceof CliError)) {
    process.stderr.write(`holdfast: ${error instanceof Error ? error.message : String(error)}\n`)
    if (process.env['HOLDFAST_DEBUG'] && error instanceof Error)
      process.stderr.write(`${error.stack}\n`)
    return exitCodes.failed
  }
  process.stderr.write(`holdfast: ${error.message}\n`)
  for (const hint of error.hints) process.stderr.write(`  ${hint}\n`)
  return error.exitCode
}
