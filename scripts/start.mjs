// `npm start`: set-up when needed, then the whole suite. In the foreground this process is the supervisor;
// with --detach the supervisor is a process of its own and this one waits until it is ready.
import { spawn } from 'node:child_process'
import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bootstrap, root } from './bootstrap.mjs'
import { build } from './build.mjs'
import { ask, dataDirectory } from './control.mjs'
import { main, Plain } from './progress.mjs'

const usage = `npm start [-- options]

  --detach    start in the background, return once ready (npm stop ends it)
  --verbose   show every log line, not only warnings and errors
  --help      this

Settings are environment variables: docs/running.md has the list.`

await main(async () => {
  const options = process.argv.slice(2)
  if (options.includes('--help')) return console.log(usage)
  const unknown = options.find((option) => !['--detach', '--verbose'].includes(option))
  if (unknown) throw new Plain(`unknown option ${unknown}\n\n${usage}`)

  const data = dataDirectory()
  process.env.HOLDFAST_DATA = data
  const running = await ask(data, { command: 'status' }).catch(() => undefined)
  if (running?.ok) {
    throw new Plain(
      `already running on ${data}: pid ${running.result.pid}, ${running.result.url}. \`npm stop\` ends it; HOLDFAST_DATA names another place for a second suite`,
    )
  }
  await bootstrap()
  await build()
  const supervisor = join(root, 'dist/runtime.mjs')
  const rest = options.filter((option) => option !== '--detach')
  if (options.includes('--detach')) return detach(supervisor, rest, data)
  process.argv = [process.argv[0], supervisor, ...rest]
  await import(pathToFileURL(supervisor).href)
})

/** Starts the supervisor in a session of its own and passes on what it says until it is ready or has failed. */
function detach(supervisor, options, data) {
  mkdirSync(join(data, 'logs'), { recursive: true, mode: 0o700 })
  const log = openSync(join(data, 'logs/console.log'), 'a', 0o600)
  const child = spawn(process.execPath, [supervisor, ...options], {
    cwd: root,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  })
  const interrupt = () => child.kill('SIGTERM')
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return new Promise((done, failed) => {
    child.once('error', failed)
    // What the supervisor shows a person comes this way and never into a file: a first password may be among it.
    child.on('message', ({ line, isReady }) => {
      if (line !== undefined) console.log(line)
      if (!isReady) return
      child.disconnect()
      child.unref()
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
      done(0)
    })
    child.once('exit', (code, signal) => {
      console.error(
        `holdfast: the supervisor ended (${signal ?? `code ${code}`}); ${join(data, 'logs')} has the details`,
      )
      done(1)
    })
  })
}
