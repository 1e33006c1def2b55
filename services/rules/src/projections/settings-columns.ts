import type { RuleSettings } from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'
import { settingsFrom, settingsMessage } from '../codecs/rule-message.ts'
import { idOfTarget, maxPriority, nameKey } from '../domain/settings.ts'

const { RuleSettings: Message } = holdfast.rules.v1

/** Rules are evaluated in ascending order of this, and then of their `rule_order`. */
export const rankOf = (priority: number): number => maxPriority - priority

/** Encoded `holdfast.rules.v1.RuleSettings`. */
export const settingsBytes = (settings: RuleSettings): Uint8Array =>
  Message.encode(settingsMessage(settings)).finish()

export const settingsFromBytes = (bytes: Uint8Array): RuleSettings =>
  settingsFrom(Message.decode(bytes))

/** What lists filter and sort by, beside the whole. */
export const settingsColumns = (settings: RuleSettings) => ({
  name: settings.name,
  name_key: nameKey(settings.name),
  action: settings.action,
  rank: rankOf(settings.priority),
  tags: settings.tags,
  target_id: idOfTarget(settings.target),
  // Free text is searched regardless of case; the separator is in none of it.
  search: [settings.name, settings.description, ...settings.tags].join('\n').toLowerCase(),
  settings: settingsBytes(settings),
})
