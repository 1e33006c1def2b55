/** In the order of the proto enum, from 1; 0 is unspecified. */
export const severities = ['info', 'warning', 'error', 'critical'] as const
export type Severity = (typeof severities)[number]

export const severityNumber = (severity: Severity | undefined): number =>
  severity === undefined ? 0 : severities.indexOf(severity) + 1

/** Undefined for a number that is none. */
export const severityOf = (number: number | null | undefined): Severity | undefined =>
  severities[(number ?? 0) - 1]
