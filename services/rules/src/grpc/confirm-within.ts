import type { Fields } from '@holdfast/service'

const minSeconds = 10
const maxSeconds = 3600

/** How long to wait for a confirmation, in ms; 0 for none. */
export function parseConfirmWithin(fields: Fields, seconds: number): number {
  if (seconds === 0) return 0
  return fields.integer(seconds, 'confirm_within_seconds', minSeconds, maxSeconds) * 1000
}
