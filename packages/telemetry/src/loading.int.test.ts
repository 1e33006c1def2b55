import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)
const cwd = fileURLToPath(new URL('../../..', import.meta.url))

/** What a process has loaded of OpenTelemetry after it was asked to start tracing. */
async function loaded(endpoint: string): Promise<{ packages: string[]; isTraced: boolean }> {
  const source = new URL('./tracing.ts', import.meta.url).href
  const script = `
    const { isTraced, startTracing } = await import('${source}')
    const stop = await startTracing('test')
    const { Module } = await import('node:module')
    const packages = Object.keys(Module._cache).flatMap((path) => /@opentelemetry\\/[^/]+/.exec(path) ?? [])
    console.log(JSON.stringify({ packages: [...new Set(packages)], isTraced: isTraced() }))
    await stop()`
  const { stdout } = await run(
    process.execPath,
    ['--import', 'tsx', '--conditions', '@holdfast/source', '--input-type=module', '-e', script],
    { cwd, env: { PATH: process.env['PATH'], OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } },
  )
  return JSON.parse(stdout) as { packages: string[]; isTraced: boolean }
}

test('without an endpoint nothing but the interface is loaded; with one, the SDK is', async () => {
  const off = await loaded('')
  expect(off.isTraced).toBe(false)
  expect(off.packages.filter((name) => name !== '@opentelemetry/api')).toEqual([])
  const on = await loaded('http://127.0.0.1:9')
  expect(on.isTraced).toBe(true)
  expect(on.packages).toContain('@opentelemetry/sdk-node')
})
