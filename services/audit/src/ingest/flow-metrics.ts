import { Counter, Gauge, type Registry } from '@holdfast/telemetry'

export interface FlowMetrics {
  readonly stored: Counter
  readonly refused: Counter<'reason'>
  readonly unread: Counter
  readonly missing: Counter
  readonly delaySeconds: Gauge
}

export function flowMetrics(registry: Registry): FlowMetrics {
  const registers = [registry]
  return {
    stored: new Counter({
      name: 'holdfast_audit_flows_total',
      help: 'Flow records stored.',
      registers,
    }),
    refused: new Counter({
      name: 'holdfast_audit_refused_flow_batches_total',
      help: 'Batches that were not stored, by reason.',
      labelNames: ['reason'] as const,
      registers,
    }),
    unread: new Counter({
      name: 'holdfast_audit_unread_flow_batches_total',
      help: 'Batches the stream gave up before they were read.',
      registers,
    }),
    missing: new Counter({
      name: 'holdfast_audit_missing_flow_batches_total',
      help: 'Batches of nodes that did not come, by their numbers.',
      registers,
    }),
    delaySeconds: new Gauge({
      name: 'holdfast_audit_flow_delay_seconds',
      help: 'From the arrival of the batch stored last at the stream to its being stored.',
      registers,
    }),
  }
}
