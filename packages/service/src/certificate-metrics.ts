import { X509Certificate } from 'node:crypto'
import { Gauge, type Registry } from '@holdfast/telemetry'
import type { TlsIdentity } from './tls.ts'

/** Shows until when the process can prove who it is: what it has read is what it uses until it is started again. */
export function certificateMetrics(
  registry: Registry,
  { cert, ca }: Pick<TlsIdentity, 'cert' | 'ca'>,
): void {
  const ends = new Gauge({
    name: 'holdfast_certificate_not_after_timestamp_seconds',
    help: 'When a certificate this process uses towards other services ends.',
    labelNames: ['certificate'] as const,
    registers: [registry],
  })
  for (const [certificate, pem] of [
    ['identity', cert],
    ['authority', ca],
  ] as const) {
    // Of a chain the first: with it the process presents itself.
    ends.set({ certificate }, Date.parse(new X509Certificate(pem).validTo) / 1000)
  }
}
