import type { Aggregate } from '@holdfast/event-log'
import { alertCodec } from '../codecs/alert-codec.ts'
import { alertRuleCodec } from '../codecs/alert-rule-codec.ts'
import { type Alert, type AlertCommand, type AlertEvent, alert } from '../domain/alert.ts'
import {
  type AlertRule,
  type AlertRuleCommand,
  type AlertRuleEvent,
  alertRule,
} from '../domain/alert-rule.ts'

export const alertRules: Aggregate<AlertRuleCommand, AlertRuleEvent, AlertRule> = {
  context: 'notify',
  type: 'alert_rule',
  decider: alertRule,
  codec: alertRuleCodec,
  stateVersion: 1,
}

export const alerts: Aggregate<AlertCommand, AlertEvent, Alert> = {
  context: 'notify',
  type: 'alert',
  decider: alert,
  codec: alertCodec,
}
