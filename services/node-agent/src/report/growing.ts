import { Counter, type Registry } from '@holdfast/telemetry'

/** A counter of what somebody else counts: it is told where that stands. */
export interface Growing<L extends string> {
  is(labels: Record<L, string>, total: number): void
}

/** A total that is lower than before began anew, which readers of counters expect to happen. */
export function growing<const L extends string>(options: {
  readonly registry: Registry
  readonly name: string
  readonly help: string
  readonly labelNames: readonly L[]
}): Growing<L> {
  const { registry, name, help, labelNames } = options
  const counter = new Counter({ name, help, labelNames: [...labelNames], registers: [registry] })
  return {
    is(labels, total) {
      counter.remove(labels)
      counter.inc(labels, total)
    },
  }
}
