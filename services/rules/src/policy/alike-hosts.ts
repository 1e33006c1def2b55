import { concerns, isInForce, type RuleSet } from '@holdfast/policy'
import type { Host } from '../topology/host.ts'

/**
 * Tells hosts apart as far as rules do: two with the same key judge every packet alike, device by device. Most
 * hosts of an organization are like many others, and what was proved for one need not be proved again.
 */
export function alikeHosts(ruleSet: RuleSet, nowUnixMs: number): (host: Host) => string {
  const rules = ruleSet.rules.filter(({ settings }) => isInForce(settings, nowUnixMs))
  const specific = rules.filter(({ settings }) => settings.target.kind !== 'everything')
  const isPerPeer = rules.some(({ settings }) => settings.rate?.scope === 'peer')
  return ({ facts }) => {
    const { interfaces, uplinks, control, nodeId } = facts
    const hasOwn =
      specific.some(({ settings }) => concerns(settings.target, facts)) ||
      (isPerPeer && interfaces.some(({ peers }) => peers.length > 0))
    if (hasOwn) return nodeId
    const settings = [
      ...interfaces.map(({ firewall }) => ['wireguard', firewall]),
      ...uplinks.map(({ firewall }) => ['uplink', firewall]),
    ]
    const shapes = new Set(settings.map((one) => JSON.stringify(one)))
    const ports = uplinks.length === 0 ? [] : interfaces.map(({ listenPort }) => listenPort)
    return JSON.stringify([[...shapes].sort(), [...new Set(ports)].sort(), control])
  }
}
