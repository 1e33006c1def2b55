// `npm test`: set-up when needed, then every test this machine can run, and at the end what was and was not run.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { bootstrap, root } from './bootstrap.mjs'
import { build } from './build.mjs'
import { main, Plain, step } from './progress.mjs'

/**
 * What each needs beyond the installation, and when it is ended: a test that blocks its process is beyond the limits of
 * its own, and a run that hangs tells nobody anything.
 */
const projects = [
  { name: 'unit', needsNats: false, limitMinutes: 6 },
  { name: 'int', needsNats: true, limitMinutes: 16 },
  { name: 'system', needsNats: true, limitMinutes: 24 },
]

/**
 * So many files that failed beside others are run once more by themselves: real parts on a busy machine may miss a
 * moment. What passes then is counted as passed and told as unsteady; more than these is no accident.
 */
const secondTries = 3

await main(async () => {
  const chosen = process.argv.slice(2)
  const unknown = chosen.find((name) => !projects.some((project) => project.name === name))
  if (unknown) throw new Plain(`no such kind of test: ${unknown} (unit, int, system)`)
  await bootstrap({ withTools: true })
  await build()
  const machine = await step('looking for nats-server, libbpf and the WireGuard tools', prepare)
  const env = { ...process.env, PATH: machine.path }
  if (machine.natsServer) env.HOLDFAST_NATS_SERVER = machine.natsServer
  if (machine.libbpf) env.HOLDFAST_LIBBPF = machine.libbpf

  const sum = { passed: 0, failed: 0, skipped: 0 }
  const rows = []
  const failures = []
  const unsteady = []
  const reasons = new Set(machine.missing)
  for (const { name, needsNats, limitMinutes } of projects) {
    if (chosen.length > 0 && !chosen.includes(name)) continue
    if (needsNats && !machine.natsServer) {
      rows.push(`${name.padEnd(8)} not run: no nats-server`)
      continue
    }
    const begun = performance.now()
    const run = (files = []) => vitest(name, env, reasons, limitMinutes, files)
    const result = needsNats ? await withSecondTry(await run(), run, unsteady) : await run()
    for (const key of Object.keys(sum)) sum[key] += result[key]
    failures.push(...result.failures)
    const seconds = ((performance.now() - begun) / 1000).toFixed(0)
    rows.push(`${name.padEnd(8)} ${inWords(result)} in ${seconds} s`)
  }
  console.log(`\n${rows.join('\n')}`)
  if (reasons.size > 0) {
    console.log('\nnot run on this machine, and why:')
    for (const reason of reasons) console.log(`  ${reason}`)
  }
  if (unsteady.length > 0) {
    console.log('\nunsteady: failed at first, and passed when run again by themselves:')
    for (const failure of unsteady) console.log(failure)
  }
  if (failures.length > 0) {
    console.log('\nfailed, and how:')
    for (const failure of failures) console.log(failure)
  }
  console.log(`\n${inWords(sum)}`)
  return sum.failed > 0 ? 1 : 0
})

function inWords({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

/** The result with that of a second run in place of files that failed, when they are few; `unsteady` gets what passed then. */
async function withSecondTry(first, run, unsteady) {
  const { failedFiles } = first
  if (failedFiles.length === 0 || failedFiles.length > secondTries) return first
  const names = failedFiles.map(({ file }) => relative(root, file))
  console.log(`\nonce more, by themselves: ${names.join(', ')}`)
  const second = await run(names)
  if (second.failed === 0) unsteady.push(...first.failures)
  const without = (key) => failedFiles.reduce((rest, file) => rest - file[key], first[key])
  return {
    passed: without('passed') + second.passed,
    failed: without('failed') + second.failed,
    skipped: without('skipped') + second.skipped,
    failures: second.failures,
  }
}

/** Native tools from the system, fetched into a cache where they are missing (runtime/src/prepare.ts). */
function prepare() {
  // The same one `npm start` keeps by default.
  const cache = join(root, '.holdfast')
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'dist/prepare.mjs'), cache], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (status !== 0) throw new Plain('cannot look for the tools of the tests')
  return JSON.parse(stdout)
}

/** Runs one project, or these files of it, and counts; lines that begin with `skipped:` are collected as reasons. */
async function vitest(project, env, reasons, limitMinutes, files) {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-test-'))
  const report = join(directory, 'report.json')
  const running = join(directory, 'running')
  const args = ['run', ...files, '--project', project, '--reporter=default', '--reporter=json']
  args.push(`--reporter=${join(root, 'scripts/running-tests.mjs')}`)
  let isOver = false
  try {
    const code = await new Promise((done, failed) => {
      const child = spawn(
        process.execPath,
        [join(root, 'node_modules/vitest/vitest.mjs'), ...args, `--outputFile.json=${report}`],
        {
          cwd: root,
          env: {
            ...env,
            HOLDFAST_RUNNING_TESTS: running,
            ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}),
          },
          stdio: ['ignore', 'pipe', 'inherit'],
          // A group of its own, so that what hangs goes with those who wait for it.
          detached: true,
        },
      )
      const end = () => {
        try {
          process.kill(-child.pid, 'SIGKILL')
        } catch {
          // It is gone.
        }
      }
      const timer = setTimeout(() => {
        isOver = true
        end()
      }, limitMinutes * 60_000)
      const stop = (signal) => {
        end()
        process.kill(process.pid, signal)
      }
      process.once('SIGINT', stop).once('SIGTERM', stop)
      let rest = ''
      child.stdout.setEncoding('utf8')
      child.stdout.on('data', (chunk) => {
        process.stdout.write(chunk)
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) {
          if (line.startsWith('skipped:')) reasons.add(line.slice('skipped:'.length).trim())
        }
      })
      child.once('error', failed)
      child.once('exit', (status) => {
        clearTimeout(timer)
        process.off('SIGINT', stop).off('SIGTERM', stop)
        // Whoever outlives it (a worker that is blocked) must not hold its output open.
        end()
        done(status)
      })
    })
    if (!isOver) return count(report, code)
    const last = existsSync(running) ? readFileSync(running, 'utf8').trimEnd() : '  (nothing)'
    const failure = `  ${project}: not done within ${limitMinutes} minutes; running at that moment:\n${last}`
    return { passed: 0, failed: 1, skipped: 0, failures: [failure], failedFiles: [] }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function count(report, code) {
  let results
  try {
    results = JSON.parse(readFileSync(report, 'utf8'))
  } catch {
    // It fell before it could write.
    const failure = '  the run ended before it could report'
    return { passed: 0, failed: 1, skipped: 0, failures: [failure], failedFiles: [] }
  }
  const files = results.testResults.map(({ name, status, message, assertionResults }) => {
    const failures = assertionResults
      .filter((test) => test.status === 'failed')
      .map(({ fullName, failureMessages }) => describe(name, fullName, failureMessages))
    // A file that cannot be loaded, or prepared, has no test that fails.
    if (status === 'failed' && failures.length === 0)
      failures.push(describe(name, '(the file)', [message]))
    const passed = assertionResults.filter((test) => test.status === 'passed').length
    const skipped = assertionResults.length - passed - failures.length
    return { file: name, passed, failed: failures.length, skipped: Math.max(0, skipped), failures }
  })
  const sum = (key) => files.reduce((all, file) => all + file[key], 0)
  const failures = files.flatMap((file) => file.failures)
  // What nobody caught belongs to no file; it fails the run all the same.
  const isUncaught = failures.length === 0 && code !== 0
  return {
    failures: isUncaught ? ['  something was thrown and nobody caught it: see above'] : failures,
    passed: sum('passed'),
    failed: isUncaught ? 1 : failures.length,
    skipped: sum('skipped'),
    failedFiles: files.filter(({ failed }) => failed > 0),
  }
}

/** A failed test as the end of the output tells it: whoever reads only that should know where to look. */
function describe(file, test, messages) {
  const lines = messages.join('\n').split('\n').slice(0, 12)
  return `  ${relative(root, file)} > ${test}\n${lines.map((line) => `      ${line.slice(0, 300)}`).join('\n')}`
}
