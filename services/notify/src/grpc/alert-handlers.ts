import { KeyDestroyed } from '@holdfast/crypto'
import { DomainError } from '@holdfast/errors'
import type { EventLog } from '@holdfast/event-log'
import { type Postgres, parsePage, type ReadScope, toPage } from '@holdfast/postgres'
import { type AlertService, holdfast } from '@holdfast/proto'
import type { Secrets } from '@holdfast/service'
import { AccessDenied, type Call, type Handlers, type Permission } from '@holdfast/service'
import { alerts } from '../commands/alert-aggregates.ts'
import type { RuleChanges } from '../commands/alert-rule-changes.ts'
import { alertStates } from '../domain/alert.ts'
import {
  AlertNotFound,
  AlertRuleNotFound,
  AmbiguousAlertRule,
  MailNotConfigured,
} from '../domain/alert-errors.ts'
import type { AlertRuleSettings } from '../domain/alert-rule.ts'
import { severityNumber } from '../domain/severity.ts'
import { type AlertRuleView, listRules, matchRules } from '../queries/alert-rules.ts'
import { type AlertView, countOpen, findAlert, listAlerts } from '../queries/alerts.ts'
import {
  AlertFields,
  actionCodes,
  alarmCodes,
  checkRule,
  emptyRule,
  mailAddress,
  mailAddresses,
  type RuleWish,
  ruleFields,
} from './alert-fields.ts'
import { organizationMeant } from './alert-scope.ts'

export interface AlertEdge {
  readonly log: EventLog
  readonly postgres: Postgres
  readonly rules: RuleChanges
  readonly secrets: Pick<Secrets, 'open'>
  /** Waits until the read models include the sequence. */
  readonly reached: (sequence: bigint, signal?: AbortSignal) => Promise<void>
  /** Somebody resolved it: what comes now is another alert. */
  readonly dropCase: (alertId: string) => Promise<void>
  /** A rule changed: from now on it watches as it says. */
  readonly rulesChanged: () => Promise<void>
  /** Undefined without a mail server. Answers what it said. */
  readonly testMail: ((to: string, caller: string) => Promise<string>) | undefined
}

const maxPage = 200
const { AlertState } = holdfast.notify.v1
const readPermission = 'notify.alerts.read'
const rulePermission = 'notify.alert_rules.write'
const everything: ReadScope = { organizations: '*' }

const scopeOf = (call: Call, permission: Permission): ReadScope => ({
  organizations: call.caller.organizations(permission),
  ...(call.at === undefined ? {} : { at: call.at }),
})

/** Of the instance: only who may do so everywhere. */
function requireAt(call: Call, permission: Permission, organizationId: string | undefined): void {
  if (organizationId !== undefined) call.caller.require(permission, organizationId)
  else if (call.caller.organizations(permission) !== '*') throw AccessDenied({ permission })
}

/** The inbox, the rules that fill it, and mail. */
export function alertHandlers(edge: AlertEdge): Handlers<typeof AlertService> {
  const { log, postgres, rules, secrets, reached } = edge

  async function changeAlert(
    type: 'AcknowledgeAlert' | 'ResolveAlert',
    request: { readonly id: string; readonly note: string },
    call: Call,
  ) {
    const fields = new AlertFields()
    const id = fields.id(request.id, 'id')
    const note = fields.text(request.note, 'note', 500)
    fields.check()
    const { state } = await log.fold(alerts, id, call.signal)
    const { facts } = state
    // One the log has not been told of: it says why itself, when it is asked to take something.
    const known = facts ?? (await findAlert(postgres, scopeOf(call, readPermission), id))
    const organizationId =
      'organizationId' in known ? known.organizationId : (known.organization_id ?? undefined)
    const permission = 'notify.alerts.write'
    if (organizationId === undefined) {
      if (call.caller.organizations(readPermission) !== '*') throw AlertNotFound({ alert: id })
      requireAt(call, permission, undefined)
    } else call.caller.require(permission, organizationId, () => AlertNotFound({ alert: id }))
    const { sequence } = await log.execute(
      alerts,
      id,
      { type, id, note },
      call.command(organizationId),
    )
    if (type === 'ResolveAlert') await edge.dropCase(id)
    call.committed(sequence)
    await reached(sequence, call.signal)
    return { alert: printAlert(await findAlert(postgres, everything, id)) }
  }

  async function printRule(rule: AlertRuleView, call: Call) {
    const { settings, organizationId, id } = rule
    return {
      id,
      organizationId: organizationId ?? '',
      settings: {
        ...settings,
        severity: severityNumber(settings.severity),
        actions: [...settings.actions],
        alarms: [...settings.alarms],
        mailTo: [],
      },
      mailTo: await recipientsShown(rule, call),
      isBuiltin: rule.isBuiltin,
      createdAtUnixMs: rule.createdAtUnixMs,
      updatedAtUnixMs: rule.updatedAtUnixMs,
      revision: Number(rule.revision),
    }
  }

  /** Addresses of people: for those who may write them. */
  async function recipientsShown(
    { id, organizationId, settings: { mailTo } }: AlertRuleView,
    call: Call,
  ): Promise<string[]> {
    const mayKnow =
      organizationId === undefined
        ? call.caller.organizations(rulePermission) === '*'
        : call.caller.can(rulePermission, organizationId)
    if (!mayKnow) return mailTo.map(() => '[hidden]')
    try {
      return [...(await secrets.open(organizationId ?? '', id, 'mail_to', mailTo))]
    } catch (error) {
      if (KeyDestroyed.is(error)) return mailTo.map(() => '[erased]')
      // The rule is worth showing without them; while the keys cannot be had.
      if (error instanceof DomainError && error.kind === 'unavailable')
        return mailTo.map(() => '[sealed]')
      throw error
    }
  }

  async function findRule(idOrName: string, scope: ReadScope): Promise<AlertRuleView> {
    const [rule, ...others] = await matchRules(postgres, scope, idOrName)
    if (!rule) throw AlertRuleNotFound({ rule: idOrName })
    if (others.length === 0) return rule
    const matches = [rule, ...others].map(({ id }) => id).join(', ')
    throw AmbiguousAlertRule({ name: idOrName, matches })
  }

  async function ruleView(id: string, sequence: bigint, call: Call) {
    call.committed(sequence)
    await reached(sequence, call.signal)
    await edge.rulesChanged()
    return { rule: await printRule(await findRule(id, everything), call) }
  }

  /** Where the rule is, if the caller may write it; to others it is as if it were not there. */
  async function writable(id: string, call: Call) {
    const place = await rules.place(id, call.signal)
    const { organizationId } = place
    if (organizationId === undefined) requireAt(call, rulePermission, undefined)
    else call.caller.require(rulePermission, organizationId, () => AlertRuleNotFound({ rule: id }))
    return place
  }

  return {
    async listAlerts(request, call) {
      const page = parsePage(request.limit, request.cursor, maxPage)
      const fields = new AlertFields()
      const organizationId = fields.optionalId(request.organizationId, 'organization_id')
      if (request.state !== 0 && !alertStates[request.state - 1])
        fields.add('state', 'state_invalid', 'must be open, acknowledged or resolved')
      if (request.severity > 4)
        fields.add('severity', 'severity_invalid', 'must be info, warning, error or critical')
      fields.check()
      if (organizationId !== '') call.caller.require(readPermission, organizationId)
      const scope = scopeOf(call, readPermission)
      const [{ rows, nextCursor }, open] = await Promise.all([
        listAlerts(postgres, scope, page, {
          organizationId,
          state: alertStates[request.state - 1],
          severity: request.severity,
        }),
        countOpen(postgres, scope),
      ])
      return { alerts: rows.map(printAlert), nextCursor, open }
    },

    async getAlert(request, call) {
      const fields = new AlertFields()
      const id = fields.id(request.id, 'id')
      fields.check()
      return { alert: printAlert(await findAlert(postgres, scopeOf(call, readPermission), id)) }
    },

    acknowledgeAlert: (request, call) => changeAlert('AcknowledgeAlert', request, call),
    resolveAlert: (request, call) => changeAlert('ResolveAlert', request, call),

    async createAlertRule(request, call) {
      const fields = new AlertFields()
      const organizationId = fields.optionalId(request.organizationId, 'organization_id')
      const { severity, ...settings } = request.settings ?? {}
      const wish = ruleFields(fields, {
        actions: [],
        alarms: [],
        name: '',
        ...settings,
        ...(severity ? { severity } : {}),
      })
      if (!severity) fields.add('severity', 'required', 'must be named')
      const mailTo = mailAddresses(fields, request.mailTo, 'mail_to')
      fields.check()
      const rule: RuleWish = { ...emptyRule, ...wish }
      checkRule(rule)
      const where = organizationMeant(call, rulePermission, organizationId)
      const stored = await rules.create(where, rule, mailTo, call.command(where))
      return await ruleView(stored.id, stored.sequence, call)
    },

    async getAlertRule(request, call) {
      const fields = new AlertFields()
      const name = fields.line(request.rule, 'rule', 1, 128)
      fields.check()
      return { rule: await printRule(await findRule(name, scopeOf(call, readPermission)), call) }
    },

    async listAlertRules(request, call) {
      const page = parsePage(request.limit, request.cursor, maxPage)
      const fields = new AlertFields()
      const organizationId = fields.optionalId(request.organizationId, 'organization_id')
      fields.check()
      if (organizationId !== '') call.caller.require(readPermission, organizationId)
      const found = await listRules(postgres, scopeOf(call, readPermission), organizationId)
      const positionOf = ({ id, settings }: AlertRuleView) => ({
        key: settings.name.toLowerCase(),
        id,
      })
      const { after, limit } = page
      const isAfter = (rule: AlertRuleView): boolean => {
        if (!after) return true
        const { key, id } = positionOf(rule)
        return key > after.key || (key === after.key && id > after.id)
      }
      const { rows, nextCursor } = toPage(
        found.filter(isAfter).slice(0, limit + 1),
        page,
        positionOf,
      )
      return {
        rules: await Promise.all(rows.map((rule) => printRule(rule, call))),
        nextCursor,
        watching: found.filter(({ settings }) => settings.isEnabled).length,
      }
    },

    async updateAlertRule(request, call) {
      const fields = new AlertFields()
      const id = fields.id(request.id, 'id')
      const { name, severity, filter, threshold, windowMs, isEnabled, description } = request
      const change: Partial<RuleWish> = {
        ...ruleFields(fields, {
          ...(given(name) ? { name } : {}),
          ...(given(severity) ? { severity } : {}),
          ...(given(filter) ? { filter } : {}),
          ...(given(threshold) ? { threshold } : {}),
          ...(given(windowMs) ? { windowMs } : {}),
          ...(given(isEnabled) ? { isEnabled } : {}),
          ...(given(description) ? { description } : {}),
        }),
        ...(request.actions
          ? { actions: actionCodes(fields, request.actions.items ?? [], 'actions') }
          : {}),
        ...(request.alarms
          ? { alarms: alarmCodes(fields, request.alarms.items ?? [], 'alarms') }
          : {}),
      }
      const mailTo = request.mailTo
        ? mailAddresses(fields, request.mailTo.items ?? [], 'mail_to')
        : undefined
      fields.check()
      const place = await writable(id, call)
      const before: AlertRuleSettings = await rules.settingsOf(id, call.signal)
      checkRule({ ...before, ...change })
      const context = call.command(place.organizationId)
      const stored = await rules.update(place, change, mailTo, context)
      return await ruleView(stored.id, stored.sequence, call)
    },

    async deleteAlertRule(request, call) {
      const fields = new AlertFields()
      const id = fields.id(request.id, 'id')
      fields.check()
      const place = await writable(id, call)
      call.committed(await rules.delete(place, call.command(place.organizationId)))
      return {}
    },

    async testMail(request, call) {
      const fields = new AlertFields()
      const to = mailAddress(fields, request.to, 'to')
      fields.check()
      if (!edge.testMail) throw MailNotConfigured({})
      return { answer: await edge.testMail(to, call.caller.actor.id) }
    },
  }
}

const given = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined

const storedStates = {
  open: AlertState.ALERT_STATE_OPEN,
  acknowledged: AlertState.ALERT_STATE_ACKNOWLEDGED,
  resolved: AlertState.ALERT_STATE_RESOLVED,
} as const

const printAlert = (row: AlertView) => ({
  id: row.alert_id,
  organizationId: row.organization_id ?? '',
  ruleId: row.rule_id,
  code: row.code,
  severity: row.severity,
  title: row.title,
  detail: row.detail,
  aboutSequence: Number(row.about_sequence),
  count: Number(row.count),
  state: storedStates[row.state],
  raisedAtUnixMs: Number(row.raised_at_unix_ms),
  acknowledgedAtUnixMs: Number(row.acknowledged_at_unix_ms),
  acknowledgedBy: row.acknowledged_by,
  resolvedAtUnixMs: Number(row.resolved_at_unix_ms),
  note: row.note,
  revision: Number(row.revision),
})
