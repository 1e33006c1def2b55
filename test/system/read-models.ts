import { readlinkSync, rmSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Suite } from './suite.ts'
import { until } from './until.ts'

export interface ProjectionContent {
  readonly name: string
  readonly version: number
  readonly content_hash: string
}

/** Fetches a page of a process's own port, which is on the loopback of wherever the suite runs. */
type Fetch = (url: string) => Promise<string>

const here: Fetch = async (url) => await (await fetch(url)).text()

/** Every read model by its content hash, once all have caught up with one another. */
export function projectionsOf(suite: Suite, get: Fetch = here): Promise<ProjectionContent[]> {
  return until('the read models stand still', async () => {
    const found: (ProjectionContent & { checkpoint: string })[] = []
    for (const service of ['auth', 'network']) {
      const port = suite.run().ports[`${service}_health`]
      const text = await get(`http://127.0.0.1:${port}/projections`)
      const { items } = JSON.parse(text) as { items: typeof found }
      found.push(...items)
    }
    const checkpoints = new Set(found.map(({ checkpoint }) => checkpoint))
    if (checkpoints.size !== 1) return undefined
    return found.map(({ name, version, content_hash }) => ({ name, version, content_hash }))
  })
}

/** Removes Postgres' files, wherever they lie; the suite must be stopped. */
export function dropReadModels(suite: Suite): void {
  const path = join(suite.data, 'postgres')
  let target: string | undefined
  try {
    target = resolve(dirname(path), readlinkSync(path))
  } catch {
    // Not a link: the files lie right there.
  }
  statSync(path)
  if (target) rmSync(target, { recursive: true })
  rmSync(path, { recursive: true, force: true })
}
