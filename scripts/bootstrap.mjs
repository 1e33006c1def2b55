// Set-up: the checkout's dependencies as the lock file has them, without running anyone's install scripts.
// Where packages come from is the machine's own npm configuration, never ours. Safe to run twice, and quick then.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exclusively } from './exclusive.mjs'
import { main, Plain, step } from './progress.mjs'

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/** Refuses a Node that cannot run Holdfast. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 20)) {
    throw new Plain(
      `Node ${process.versions.node} is too old: Holdfast needs Node 20.20 or newer (20, 22 and 24 are tested). https://nodejs.org/en/download`,
    )
  }
}

/** Installs what is missing. `withTools` adds what only tests and checks need. */
export async function bootstrap({ withTools = false } = {}) {
  checkNode()
  if (missing(withTools) === undefined) return
  await exclusively(root, 'set-up', async () => {
    const reason = missing(withTools)
    if (reason === undefined) return
    // Adding the tools to a right installation keeps what a running suite has open; `ci` begins by deleting it.
    const isOnlyTools = withTools && missing(false) === undefined
    const args = isOnlyTools ? ['install', '--no-save'] : ['ci']
    args.push(
      withTools ? '--include=dev' : '--omit=dev',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
    )
    await step(`installing dependencies (${reason})`, () => npm(args))
    writeFileSync(stamp, stampOf(withTools))
  })
}

const record = join(root, 'node_modules/.package-lock.json')
/** The lock file that was installed, by its hash, and whether with the tools. Goes away with node_modules. */
const stamp = join(root, 'node_modules/.holdfast-setup')
const stampOf = (withTools) =>
  `${createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')} ${withTools ? 'tools' : 'run'}`

/** Why the installation is not what the lock file says; undefined when it is. */
function missing(withTools) {
  if (!existsSync(record)) return 'first time'
  const installedBefore = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
  if ([stampOf(true), ...(withTools ? [] : [stampOf(false)])].includes(installedBefore))
    return undefined
  // Somebody else installed, a developer say: npm's own record tells what is there.
  const installed = readPackages(record)
  for (const [path, wanted] of Object.entries(readPackages(join(root, 'package-lock.json')))) {
    if (!path.includes('node_modules/') || wanted.optional || wanted.devOptional) continue
    if (wanted.dev && !withTools) continue
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    const found = installed[path]
    if (!found) return `${name} is missing`
    if (found.version !== wanted.version)
      return `${name} is ${found.version}, not ${wanted.version}`
  }
  return undefined
}

const readPackages = (file) => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages ?? {}
  } catch {
    return {}
  }
}

/** The npm that runs us, else the one on PATH; its output is shown only when it fails. */
function npm(args) {
  const own = process.env.npm_execpath
  const isNpm = own !== undefined && /^np[mx]-cli\.js$/.test(basename(own)) && existsSync(own)
  const cli = isNpm ? join(dirname(own), 'npm-cli.js') : undefined
  const command = cli ? process.execPath : 'npm'
  return new Promise((done, failed) => {
    const child = spawn(command, cli ? [cli, ...args] : args, {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000)
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', (error) =>
      failed(new Plain(`cannot run npm (${error.message}): it comes with Node, is it on PATH?`)),
    )
    child.once('close', (code) => {
      if (code === 0) return done()
      process.stderr.write(`\n${output}`)
      failed(new Plain(`npm ${args[0]} failed with code ${code}; its words are above`))
    })
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(() => bootstrap({ withTools: process.argv.includes('--tools') }))
}
