// Runs one bundle of this checkout, made first where it is missing: what bin/holdfast and bin/holdfast-agent are.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { bootstrap, root } from './bootstrap.mjs'
import { build } from './build.mjs'
import { main } from './progress.mjs'

/** `name` as in dist/<name>.mjs; the arguments and the environment are the process's own. */
export async function launch(name) {
  const bundle = join(root, 'dist', `${name}.mjs`)
  if (!existsSync(bundle)) {
    await main(async () => {
      await bootstrap()
      await build()
    })
    if (process.exitCode) process.exit()
  }
  // Not where the process stays: Node keeps what it reads of them (packages/telemetry/src/source-stack.ts).
  if (name === 'cli') process.setSourceMapsEnabled(true)
  process.argv[1] = bundle
  await import(pathToFileURL(bundle).href)
}
