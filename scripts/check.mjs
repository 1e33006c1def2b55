// `npm run check`: what CI runs before the tests. Stops at nothing, reports everything, fails if anything failed.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isCurrent as areBpfObjectsCurrent } from '../bpf/build.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const bin = (name) => join(root, 'node_modules/.bin', name)
const quick = process.argv.includes('--quick')

/** A lock file made where a platform package was missing fails `npm ci` elsewhere: every optional dependency needs its entry. */
function lockIsComplete() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  const missing = []
  for (const [path, entry] of Object.entries(packages)) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      const nested = `${path ? `${path}/` : ''}node_modules/${name}`
      if (!packages[nested] && !packages[`node_modules/${name}`]) missing.push(`${path}: ${name}`)
    }
    if (entry.resolved && !entry.link) missing.push(`${path}: names a download address`)
  }
  for (const line of missing) console.error(`package-lock.json: ${line}`)
  return missing.length === 0
}

const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout
/** Generated files are committed: making them again must change nothing. */
function genIsClean() {
  const generated = [
    'packages/proto/src/gen',
    'packages/bpf/src/gen',
    'docs/settings.md',
    'docs/problems.md',
    'docs/storage-fields.md',
    'deploy/observability/grafana/dashboards',
  ]
  const before = git('diff', '--', ...generated)
  if (
    spawnSync(process.execPath, ['scripts/gen.mjs'], { cwd: root, stdio: 'inherit' }).status !== 0
  )
    return false
  const clean = git('diff', '--', ...generated) === before
  if (!clean) console.error('npm run gen changed generated files: commit them with their source')
  return clean
}

const sources = ['packages', 'services', 'cli', 'runtime']
const steps = [
  ['format and lint', bin('biome'), ['ci', '.']],
  ['types', bin('tsc'), ['-b']],
  ['lint with types', bin('eslint'), ['--max-warnings', '0', '.']],
  [
    'arrows',
    bin('depcruise'),
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', ...sources],
  ],
  ['nothing dead', bin('knip'), ['--no-progress', '--no-config-hints']],
  ['proto lint', bin('buf'), ['lint', 'proto']],
  ['proto compatible', bin('buf'), ['breaking', 'proto', '--against', 'proto/frozen.binpb']],
  ['kernel programs rebuilt', areBpfObjectsCurrent],
  ['generated code', genIsClean],
  ['lock file', lockIsComplete],
  ...(quick
    ? []
    : [['unit tests', bin('vitest'), ['run', '--project', 'unit', '--reporter', 'dot']]]),
]

const failed = []
for (const [name, command, args] of steps) {
  const start = performance.now()
  const ok =
    typeof command === 'function'
      ? command()
      : spawnSync(command, args, {
          cwd: root,
          stdio: 'inherit',
          env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
        }).status === 0
  console.log(`${ok ? '✓' : '✗'} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`)
  if (!ok) failed.push(name)
}
if (failed.length > 0) {
  console.error(`check failed: ${failed.join(', ')}`)
  process.exit(1)
}
