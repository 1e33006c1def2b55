import type { Registry } from '@holdfast/telemetry'
import { mergeMetrics } from './merge.ts'

/** A service's metrics address, `name=host:port`. */
export interface MetricsTarget {
  readonly service: string
  readonly url: string
}

/** Slower than this, a service is left out: a scrape must not hang on one. */
const timeoutMs = 1_000
const maxBytes = 16 * 1024 * 1024

/** The metrics of the gateway and of every service that answers in time, as one Prometheus text. */
export async function gatherMetrics(
  registry: Registry,
  targets: readonly MetricsTarget[],
): Promise<string> {
  const own = registry.metrics().then((text) => ({ service: 'gateway', text, isUp: true }))
  const others = targets.map(async ({ service, url }) => {
    const text = await read(url)
    return { service, text: text ?? '', isUp: text !== undefined }
  })
  const answers = await Promise.all([own, ...others])
  const up = [
    '# HELP holdfast_metrics_target_up Whether a service gave its metrics to the gateway.',
    '# TYPE holdfast_metrics_target_up gauge',
    ...answers.map(
      ({ service, isUp }) => `holdfast_metrics_target_up{service="${service}"} ${isUp ? 1 : 0}`,
    ),
  ]
  return mergeMetrics([...answers, { service: 'gateway', text: up.join('\n') }])
}

async function read(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(timeoutMs),
      redirect: 'error',
    })
    if (!response.ok || Number(response.headers.get('content-length') ?? 0) > maxBytes) {
      return undefined
    }
    return await response.text()
  } catch {
    // Down, slow or not there yet: holdfast_metrics_target_up says so.
    return undefined
  }
}

/** `auth=127.0.0.1:9101`; without a name the address itself is the service. */
export function parseTarget(text: string): MetricsTarget {
  const split = text.indexOf('=')
  const place = split === -1 ? text : text.slice(split + 1)
  const service = split === -1 ? text : text.slice(0, split)
  const url = new URL(`http://${place}/metrics`)
  return { service: service.replaceAll(/[^A-Za-z0-9._:[\]-]/g, '_'), url: url.href }
}
