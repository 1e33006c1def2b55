/** From the mildest to the worst. */
export const severities = ['info', 'warning', 'error', 'critical'] as const
export type AlertSeverity = (typeof severities)[number]

/** 1 to 4, as in proto and in rows. */
export const rankOf = (severity: AlertSeverity): number => severities.indexOf(severity) + 1

/** Undefined for a number that is none. */
export const severityOfRank = (rank: number): AlertSeverity | undefined => severities[rank - 1]
