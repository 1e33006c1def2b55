import { Worker, type WorkerOptions } from 'node:worker_threads'

/** Starts a thread from its bundle, or from source where the service runs from that: a thread does not inherit what loads TypeScript. */
export function startThread(module: URL, options: WorkerOptions): Worker {
  if (!module.pathname.endsWith('.ts')) return new Worker(module, options)
  const fromSource = `import('tsx/esm/api').then(({ register }) => {
    register()
    return import(${JSON.stringify(module.href)})
  })`
  return new Worker(fromSource, { ...options, eval: true })
}
