import { Worker } from 'node:worker_threads'

/**
 * Starts a thread from its bundle, or where the agent itself runs from source, from that: a thread does not inherit
 * what loads TypeScript.
 */
export function startThread(module: URL, name: string, workerData: unknown): Worker {
  if (!module.pathname.endsWith('.ts')) return new Worker(module, { name, workerData })
  const fromSource = `import('tsx/esm/api').then(({ register }) => {
    register()
    return import(${JSON.stringify(module.href)})
  })`
  return new Worker(fromSource, { name, workerData, eval: true })
}
