import type { AlertRuleSettings } from './alert-rule.ts'
import type { Severity } from './severity.ts'

export interface BuiltinRule {
  readonly id: string
  readonly settings: AlertRuleSettings
}

const minute = 60_000

/** Ids are fixed: a change somebody makes is stored under them. Numbers are never given again. */
const id = (n: number): string => `a1e27000-0000-7000-8000-${n.toString().padStart(12, '0')}`

type Watched =
  | { readonly alarms: readonly string[] }
  | {
      readonly actions: readonly string[]
      readonly filter?: string
      readonly threshold?: number
      readonly windowMs?: number
    }

const rule = (
  n: number,
  name: string,
  severity: Severity,
  watched: Watched,
  description: string,
): BuiltinRule => ({
  id: id(n),
  settings: {
    name,
    severity,
    description,
    actions: [],
    alarms: [],
    filter: '',
    threshold: 0,
    windowMs: 0,
    mailTo: [],
    isEnabled: true,
    ...watched,
  },
})

/**
 * The rules that come with the product: what whoever looks after an instance would regret not to have been told. They are
 * of the whole instance, can be changed and disabled, and are in the log only once somebody has done so. What nobody can find out yet has no rule: a rule
 * that cannot fire would be taken for one that watches (alert-builtin.test.ts).
 */
export const builtinRules: readonly BuiltinRule[] = [
  rule(
    1,
    'Burst of failed sign-ins',
    'warning',
    {
      actions: ['access.login'],
      filter: 'data.result == "failure"',
      threshold: 20,
      windowMs: 5 * minute,
    },
    'Twenty sign-ins failed within five minutes: somebody may be guessing passwords.',
  ),
  rule(
    2,
    'Super-admin made',
    'warning',
    { actions: ['auth.user.role_granted'], filter: 'data.fields.binding.role == "super_admin"' },
    'Somebody was given every right over the instance.',
  ),
  rule(
    3,
    'The log takes no changes',
    'critical',
    { alarms: ['log.frozen'] },
    'Reading goes on; `holdfast operator log status` says why, and what to do.',
  ),
  rule(
    4,
    'The archive does not follow the log',
    'critical',
    { alarms: ['backup.archive_behind'] },
    'Changes are not acknowledged until the archive holds them.',
  ),
  rule(
    5,
    'A disk is nearly full',
    'error',
    { alarms: ['backup.disk_low', 'backup.log_filling'] },
    'Writes stop before the disk is full. Make room, or let the log grow.',
  ),
  rule(
    6,
    'A read model differs from the log',
    'error',
    { alarms: ['read_model.differs'] },
    'What is shown is not what a rebuild makes of the log.',
  ),
  rule(
    7,
    'A read model stands still',
    'critical',
    { alarms: ['projection.halted'] },
    'It met an event it cannot apply, or a gap: what it shows is old.',
  ),
  rule(
    8,
    'No checkpoint is signed',
    'critical',
    { alarms: ['audit.signing_frozen'] },
    'Something contradicts what was signed before.',
  ),
  rule(
    9,
    'A witness refuses a checkpoint',
    'critical',
    { alarms: ['audit.witness_refuses'] },
    'A host remembers another history than the one it was shown.',
  ),
  rule(
    10,
    'A webhook was suspended',
    'warning',
    { alarms: ['notify.webhook.suspended'] },
    'Its endpoint failed for too long, or said that it is gone.',
  ),
  rule(
    14,
    'A backup could not be validated',
    'critical',
    { alarms: ['backup.validation.failed'] },
    'Its newest snapshot could not be restored, which is tried once a month: holdfast backup validations says why.',
  ),
  rule(
    15,
    'The root key was never exported',
    'warning',
    { alarms: ['operator.root_key_not_exported'] },
    'Without its shards, no backup can be opened once this machine is gone: holdfast operator recover. Nothing looks at that yet: it waits for it.',
  ),
  rule(
    16,
    'Mail cannot be delivered',
    'warning',
    { alarms: ['notify.mail_undeliverable'] },
    'The mail server refused a mail of alerts for good.',
  ),
  rule(
    17,
    'A backup failed',
    'error',
    { actions: ['backup.backup.failed'] },
    'What is kept grows older: holdfast backup show says why it failed.',
  ),
  rule(
    18,
    'A backup is damaged',
    'critical',
    { actions: ['backup.backup.verified'], filter: 'data.fields.is_good == false' },
    'It was read back from where it lies and is not what was put there: nobody can restore from it.',
  ),
]

const byId = new Map(builtinRules.map((builtin) => [builtin.id, builtin]))

export const builtinRule = (ruleId: string): BuiltinRule | undefined => byId.get(ruleId)
