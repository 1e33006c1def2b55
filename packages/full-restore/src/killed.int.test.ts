import { fork } from 'node:child_process'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openArchive } from '@holdfast/archive'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBundleSource } from './bundle-source.ts'
import { keyFrom } from './key.ts'
import { restoreInstance, restoreStages } from './restore.ts'
import { bundleOf, lineageId, type TestInstance, testInstance } from './testing/instance.ts'

let instance: TestInstance
let bundle: string

beforeAll(async () => {
  instance = await testInstance({ commits: 20 })
  bundle = await bundleOf(instance)
  // A process starts in a fraction of the time it takes to read every source anew.
  program = join(instance.root, 'killed-process.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('./testing/killed-process.ts', import.meta.url))],
    ...{ outfile: program, bundle: true, platform: 'node', format: 'esm', target: 'node20' },
    ...{
      external: ['koffi', 'cpu-features', '*/sshcrypto.node'],
      logLevel: 'silent',
    },
    conditions: ['@holdfast/source'],
    // Packages that are not bundled are found from here, not from where the bundle lies.
    define: { 'import.meta.url': 'here' },
    banner: {
      js: `import { createRequire as from } from 'node:module'
const here = ${JSON.stringify(import.meta.url)}
const require = from(here), __filename = '', __dirname = ''`,
    },
  })
})
afterAll(() => rm(instance.root, { recursive: true, force: true }))

let program: string

/** Killed at that step, by a signal nobody can catch. */
function killedAt(stage: string, data: string): Promise<void> {
  // A key of a test: nothing else may see a key in argv.
  const child = fork(program, [bundle, instance.operator.identity, data, stage], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  return new Promise((done, failed) => {
    child.once('message', () => child.kill('SIGKILL'))
    child.once('exit', (code, signal) =>
      signal === 'SIGKILL' ? done() : failed(new Error(`it ended with ${code} before ${stage}`)),
    )
  })
}

const restoreAgain = async (data: string) =>
  restoreInstance({
    ...{ source: openBundleSource(bundle), key: await keyFrom({ file: instance.rootKeyText }) },
    ...{ version: '0.1.0', target: { data }, force: true },
  })

async function isWhole(data: string, generation: number): Promise<boolean> {
  const archive = await openArchive({
    directory: join(data, 'archive'),
    identity: { lineageId, generation, rootKeyFingerprint: instance.fingerprint },
  })
  const damage = await archive.verify()
  const { last } = archive
  await archive.close()
  return damage.length === 0 && last.sequence === 21n
}

test.each(restoreStages)(
  'killed at %s: the old or the new is there, and the next attempt ends it',
  async (stage) => {
    for (const isTaken of [false, true]) {
      const data = join(instance.root, `${stage}-${isTaken}`)
      if (isTaken) {
        await mkdir(data)
        await writeFile(join(data, 'precious'), 'x')
      }
      await killedAt(stage, data)
      const names = await readdir(instance.root)
      if (stage === 'placed') expect(await isWhole(data, 2)).toBe(true)
      else if (isTaken) expect(await readdir(data)).toEqual(['precious'])
      else expect(names).not.toContain(basename(data))

      const again = await restoreAgain(data)
      // What was put in place before is an instance by now: it is not lost either, and its generation is not taken twice.
      expect(await isWhole(data, stage === 'placed' ? 3 : 2)).toBe(true)
      expect(again.nextGeneration).toBe(stage === 'placed' ? 3 : 2)
      const left = (await readdir(instance.root)).filter((name) => name.startsWith(basename(data)))
      expect(left.filter((name) => name.includes('restoring'))).toEqual([])
      if (isTaken) {
        const aside = left.filter((name) => name.includes('.before-'))
        const kept = await Promise.all(
          aside.map((name) =>
            readFile(join(instance.root, name, 'precious'), 'utf8').catch(() => ''),
          ),
        )
        expect(kept).toContain('x')
      }
    }
  },
)
