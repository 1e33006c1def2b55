import { ConfigError } from '@holdfast/config'
import { DomainError } from '@holdfast/errors'
import { sourceStack } from '@holdfast/telemetry'
import { settings } from './config.ts'
import { openConsole } from './console.ts'
import { PortTaken } from './ports.ts'
import { Refused } from './refused.ts'
import { Suite } from './suite.ts'
import { CannotStart } from './supervised-process.ts'

/** A second Ctrl-C within this time is the first one arriving twice: by the terminal and by npm. */
const echoMs = 1_000

const screen = openConsole(process.argv.includes('--verbose'))
const fail = (message: string) => {
  process.stderr.write(`holdfast: ${message}\n`)
  if (process.send) screen.say(`holdfast: ${message}`)
}

async function main(): Promise<number> {
  let askedAt = 0
  let finish: (code: number) => void = () => undefined
  const finished = new Promise<number>((resolve) => {
    finish = resolve
  })
  const values = settings.load(process.env)
  const suite = new Suite(values, process.env, screen, (onProgress) => end(0, onProgress))

  async function end(code: number, onProgress: (text: string) => void): Promise<void> {
    await suite.stop(onProgress)
    finish(code)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (askedAt !== 0 && performance.now() - askedAt < echoMs) return
      if (askedAt !== 0) {
        screen.say('killing everything')
        suite.kill()
        return
      }
      askedAt = performance.now()
      screen.say('draining; once more kills')
      void end(0, screen.say)
    })
  }
  process.on('uncaughtException', (error) => {
    suite.say('error', `the supervisor failed: ${sourceStack(error.stack ?? error.message)}`)
    void end(1, screen.say)
  })

  suite.start().catch((error: unknown) => {
    if (askedAt === 0) fail([explain(error), ...suite.warnings].join('\nnote: '))
    void end(1, screen.say)
  })
  const code = await finished
  await suite.close()
  return code
}

/** A message is enough where it was written for a person. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const isPlain = [Refused, PortTaken, CannotStart, ConfigError, DomainError].some(
    (kind) => error instanceof kind,
  )
  return isPlain ? error.message : sourceStack(error.stack ?? error.message)
}

try {
  process.exit(await main())
} catch (error) {
  fail(explain(error))
  process.exit(1)
}
