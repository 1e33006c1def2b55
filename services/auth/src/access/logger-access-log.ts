import type { Logger } from '@holdfast/telemetry'
import type { AccessLog } from './access-log.ts'

/** Access entries as structured lines, `event: "access"`. */
export const loggerAccessLog = (log: Logger): AccessLog => ({
  record: (entry) => log.info({ event: 'access', ...entry }, 'access'),
})
