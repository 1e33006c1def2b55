import { isUuid } from '@holdfast/domain'

/** Something an operator has to know at once, also while nothing can be written to the log. */
export interface Alarm {
  /** Stable, dotted: `backup.validation.failed`. */
  readonly code: string
  readonly severity: 'info' | 'warning' | 'error' | 'critical'
  /** One line for people, without secrets. */
  readonly title: string
  readonly detail?: string
  /** Tells apart what the code can befall, for example a read model; absent: one for the instance. */
  readonly key?: string
  readonly organizationId?: string
  /** What the alarm spoke of is over. */
  readonly isOver?: boolean
}

/** Core subject alarms of a service are sent on: at most once, so repeat what goes on. notify listens to `ctl.*.alarm`. */
export const alarmSubject = (service: string): string => `ctl.${service}.alarm`

export const encodeAlarm = (alarm: Alarm): Uint8Array => Buffer.from(JSON.stringify(alarm))

/** What a database can keep and an index hold, whoever sent it: one alarm that cannot be stored would keep back all others. */
function plain(text: string, max: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get through
  const cleaned = text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ')
  return cleaned.slice(0, max).replaceAll(/\p{Cs}/gu, '') // halves of pairs, which UTF-8 has not
}

const maxCode = 100
const maxTitle = 200
const maxDetail = 2_000
const maxKey = 200

const severities: readonly string[] = ['info', 'warning', 'error', 'critical']

/** Undefined for what is no alarm. */
export function decodeAlarm(data: Uint8Array): Alarm | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(Buffer.from(data).toString('utf8'))
  } catch {
    return undefined
  }
  if (typeof parsed !== 'object' || parsed === null) return undefined
  const { code, severity, title, detail, key, organizationId, isOver } = parsed as Partial<
    Record<keyof Alarm, unknown>
  >
  if (typeof code !== 'string' || !/^[a-z0-9_]+(\.[a-z0-9_]+)+$/.test(code)) return undefined
  if (code.length > maxCode) return undefined
  if (typeof organizationId === 'string' && !isUuid(organizationId)) return undefined
  if (typeof title !== 'string' || !severities.includes(severity as string)) return undefined
  return {
    code,
    severity: severity as Alarm['severity'],
    title: plain(title, maxTitle),
    ...(typeof detail === 'string' ? { detail: plain(detail, maxDetail) } : {}),
    ...(typeof key === 'string' ? { key: plain(key, maxKey) } : {}),
    ...(typeof organizationId === 'string' ? { organizationId } : {}),
    ...(isOver === true ? { isOver } : {}),
  }
}
