import { parseDeviceName } from '@holdfast/net'
import { type DefaultVerdict, defaultFirewall, type FirewallSettings } from '@holdfast/policy'
import type { holdfast } from '@holdfast/proto'
import type { Fields } from '@holdfast/service'
import { verdictOf } from '../codecs/firewall.ts'
import type { Uplink } from '../domain/node.ts'

type Settings = holdfast.network.v1.FirewallSettings.$Properties
type Changes = holdfast.network.v1.FirewallChanges.$Properties
type UplinkMessage = holdfast.network.v1.Uplink.$Properties

const maxUplinks = 16

/** Settings of a new thing: what is not said is as by default. */
export function parseFirewall(
  fields: Fields,
  message: Settings | null | undefined,
  field: string,
): FirewallSettings {
  return { ...defaultFirewall, ...parseFirewallChanges(fields, message ?? {}, field) }
}

/** What is to be different. */
export function parseFirewallChanges(
  fields: Fields,
  message: Changes,
  field: string,
): Partial<FirewallSettings> {
  const defaultVerdict = verdict(fields, message.defaultVerdict, `${field}.default_verdict`)
  const unparsable = verdict(fields, message.unparsableVerdict, `${field}.unparsable_verdict`)
  const { isStateful, dropsFragments } = message
  return {
    ...(defaultVerdict === undefined ? {} : { defaultVerdict }),
    ...(typeof isStateful === 'boolean' ? { isStateful } : {}),
    ...(typeof dropsFragments === 'boolean' ? { dropsFragments } : {}),
    ...(unparsable === undefined ? {} : { unparsableVerdict: unparsable }),
  }
}

/** All uplinks of a node. Unlike other lists, a device that stands twice is refused: which settings would hold? */
export function parseUplinks(
  fields: Fields,
  messages: readonly UplinkMessage[],
): readonly Uplink[] {
  if (messages.length > maxUplinks) {
    const detail = `may have ${maxUplinks} entries at most, not ${messages.length}`
    fields.add('uplinks', 'too_many', detail)
    return []
  }
  const seen = new Set<string>()
  return messages.map(({ device, firewall }, i) => {
    const field = `uplinks[${i}]`
    const name = fields.take(parseDeviceName, device ?? '', `${field}.device`)
    if (seen.has(name)) fields.add(`${field}.device`, 'duplicate', `${name} stands twice`)
    seen.add(name)
    return { device: name, firewall: parseFirewall(fields, firewall, `${field}.firewall`) }
  })
}

function verdict(
  fields: Fields,
  number: number | null | undefined,
  field: string,
): DefaultVerdict | undefined {
  const found = verdictOf(number)
  if (number && !found) fields.add(field, 'verdict_unknown', 'must be pass or drop')
  return found
}
