import { readNetwork } from '@holdfast/net'
import type { Family } from './family.ts'
import type { Line, Prefix } from './intermediate.ts'
import type { Rule, RuleSettings } from './model.ts'
import { anyPrefix } from './prefix.ts'
import { icmpOf, tcp, udp } from './protocol-numbers.ts'

/** One rule taken apart, regardless of where it holds. */
export interface RuleLines {
  readonly ruleId: string
  readonly order: number
  readonly settings: RuleSettings
  readonly priority: number
  readonly isIngress: boolean
  readonly isEgress: boolean
  /** Its lines are other ones on every interface with peers. */
  readonly isPerPeer: boolean
  readonly 4: readonly Line[]
  readonly 6: readonly Line[]
}

/**
 * Settings are immutable, so a rule that did not change is taken apart once: of a change to one rule among
 * 100,000 only that one is new. The lines are shared between policies and must never be written to.
 */
const known = new WeakMap<RuleSettings, RuleLines>()

export function ruleLines({ id, order, settings }: Rule): RuleLines {
  const before = known.get(settings)
  if (before !== undefined && before.ruleId === id && before.order === order) return before
  const lines: RuleLines = {
    ruleId: id,
    order,
    settings,
    priority: settings.priority,
    isIngress: settings.direction !== 'egress',
    isEgress: settings.direction !== 'ingress',
    isPerPeer: isPerPeer(settings),
    4: linesOf(id, settings, 4),
    6: linesOf(id, settings, 6),
  }
  known.set(settings, lines)
  return lines
}

function linesOf(ruleId: string, settings: RuleSettings, family: Family): readonly Line[] {
  const source = prefixOf(settings.source, family)
  const destination = prefixOf(settings.destination, family)
  if (source === undefined || destination === undefined) return nothing
  const protocols = protocolNumbers(settings, family)
  return protocols.map((protocol) => ({
    ruleId,
    implicit: '',
    source,
    destination,
    protocol,
    sourcePorts: settings.sourcePorts,
    destinationPorts: settings.destinationPorts,
    action: settings.action,
    continues: settings.action === 'log' && settings.continues,
    logs: settings.logs || settings.action === 'log',
    rate: rateOf(settings),
  }))
}

const nothing: readonly Line[] = []

/** Undefined when the network is of the other family. */
function prefixOf(cidr: RuleSettings['source'], family: Family): Prefix | undefined {
  if (cidr === undefined) return anyPrefix
  if (cidr.includes(':') !== (family === 6)) return undefined
  const { first, prefixLength } = readNetwork(cidr)
  return prefixLength === 0 ? anyPrefix : { value: first, length: prefixLength }
}

/** ICMP has no ports, so a rule for ICMP with ports matches nothing. */
function protocolNumbers(
  { protocol, sourcePorts, destinationPorts }: RuleSettings,
  family: Family,
): readonly (number | undefined)[] {
  const hasPorts = sourcePorts !== undefined || destinationPorts !== undefined
  switch (protocol) {
    case 'any':
      return hasPorts ? [tcp, udp] : [undefined]
    case 'tcp':
      return [tcp]
    case 'udp':
      return [udp]
    case 'icmp':
      return hasPorts ? [] : [icmpOf[family]]
  }
}

/** Of the scope `peer` this is what holds where there are no peers: a bucket for each source. */
function rateOf({ action, rate }: RuleSettings): Line['rate'] {
  if (action !== 'rate_limit' || rate === undefined) return undefined
  const bucket = rate.scope === 'rule' ? 'rule' : 'source'
  return { pps: rate.pps, burst: rate.burst, bucket }
}

const isPerPeer = ({ action, rate, target }: RuleSettings): boolean =>
  target.kind === 'peer' || (action === 'rate_limit' && rate?.scope === 'peer')
