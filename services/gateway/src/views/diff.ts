import { Type } from '@fastify/type-provider-typebox'
import type { holdfast } from '@holdfast/proto'
import type { Static } from 'typebox'
import {
  component,
  decimal,
  id,
  idOrNull,
  integerOut,
  nameOrNull,
  textOut,
  timeOrNull,
  words,
} from './fields.ts'
import { decimalOf, idOf, timeOf } from './print.ts'

const verdicts = ['pass', 'drop', 'rate_limit'] as const
const ports = (description: string) =>
  Type.Array(
    Type.Object({
      from: integerOut('First port.', 22),
      to: integerOut('Last port.', 22),
    }),
    { description },
  )
const decision = (description: string) =>
  Type.Object(
    {
      verdict: words([...verdicts, 'unknown'], 'What becomes of the packets.'),
      by: textOut(
        "A rule's name, or default, fragment, unparsable, implicit, or absent where there is no such interface.",
        'allow-ssh',
      ),
      rule_id: idOrNull('Of that rule.'),
    },
    { description },
  )

export const AccessDifference = component('AccessDifference', {
  sentence: textOut(
    'The whole for people.',
    'peer alice-laptop now reaches 10.9.0.0/24 on 22/tcp (rule allow-ssh), in through wg0 of gw-berlin',
  ),
  source: textOut('`peer …`, networks, `anyone`, `anyone but …`.', 'peer alice-laptop'),
  destination: textOut('Likewise.', '10.9.0.0/24'),
  protocol: textOut('`tcp`, `udp`, `icmp`, `any`, several, or `unparsable`.', 'tcp'),
  source_ports: ports('Empty: any.'),
  destination_ports: ports('Empty: any.'),
  direction: words(['ingress', 'egress', 'both', 'unknown'], 'Into the host, out of it, or both.'),
  family: words(['ipv4', 'ipv6', 'both', 'unknown'], 'Of the addresses.'),
  before: decision('At `from`.'),
  after: decision('At `to`.'),
  places: Type.Array(
    Type.Object({
      node_id: id('The node.'),
      node_name: textOut('Its name.', 'gw-berlin'),
      interface: textOut('The interface or uplink.', 'wg0'),
    }),
    { description: 'Where it holds.' },
  ),
})

const wordIn = <const W extends string>(list: readonly W[], word: string | null | undefined) =>
  list.find((one) => one === word) ?? ('unknown' as const)

type PortMessage = holdfast.rules.v1.PortRange.$Properties
const printPorts = (ranges: readonly PortMessage[] | null | undefined) =>
  (ranges ?? []).map(({ from, to }) => ({ from: from ?? 0, to: to ?? 0 }))

export const printAccess = (
  d: holdfast.rules.v1.AccessDifference.$Properties,
): Static<typeof AccessDifference> => ({
  sentence: d.sentence ?? '',
  source: d.source ?? '',
  destination: d.destination ?? '',
  protocol: d.protocol ?? '',
  source_ports: printPorts(d.sourcePorts),
  destination_ports: printPorts(d.destinationPorts),
  direction: wordIn(['ingress', 'egress', 'both'], d.direction),
  family: wordIn(['ipv4', 'ipv6', 'both'], d.family),
  before: {
    verdict: wordIn(verdicts, d.before),
    by: d.beforeBy ?? '',
    rule_id: idOf(d.beforeRuleId),
  },
  after: { verdict: wordIn(verdicts, d.after), by: d.afterBy ?? '', rule_id: idOf(d.afterRuleId) },
  places: (d.places ?? []).map((place) => ({
    node_id: place.nodeId ?? '',
    node_name: place.nodeName ?? '',
    interface: place.interfaceName ?? '',
  })),
})

export const ObjectDiff = component('ObjectDiff', {
  kind: textOut('What it is.', 'peer'),
  id: textOut('Its id.', '019a…'),
  name: textOut('As it was called last; empty for people.', 'alice-laptop'),
  organization_id: idOrNull('Null for what belongs to none.'),
  change: words(['created', 'changed', 'deleted', 'unknown'], 'What became of it in between.'),
  fields: Type.Array(
    Type.Object({
      field: textOut('Dotted where nested.', 'settings.allowed_ips'),
      before: Type.Unknown({ description: 'Null when there was nothing; secrets are [sealed].' }),
      after: Type.Unknown({ description: 'Null when there is nothing.' }),
    }),
    { description: 'What differs between the two ends, whatever happened in between.' },
  ),
  commits: integerOut('How many commits in between touched it.', 2),
  by: Type.Object(
    {
      kind: textOut('user, api_key, service or node.', 'user'),
      id: textOut('Who.', '019a…'),
      username: nameOrNull('What a user is called, where you may know.', 'carol'),
      sequence: decimal('The commit.', '1042'),
      at: timeOrNull('When.'),
      reason: textOut('Why, where it was said.', 'tighten access'),
    },
    { description: 'The last change in between.' },
  ),
})

const json = (text: string | null | undefined): unknown => (text ? JSON.parse(text) : null)

export const printObjectDiff = (
  d: holdfast.audit.v1.ObjectDiff.$Properties,
  names: ReadonlyMap<string, string>,
): Static<typeof ObjectDiff> => ({
  kind: d.target?.kind ?? '',
  id: d.target?.id ?? '',
  name: d.target?.name ?? '',
  organization_id: idOf(d.organizationId),
  change: wordIn(['created', 'changed', 'deleted'], d.change),
  fields: (d.fields ?? []).map((field) => ({
    field: field.field ?? '',
    before: json(field.before),
    after: json(field.after),
  })),
  commits: d.commits ?? 0,
  by: {
    kind: d.by?.actor?.kind ?? '',
    id: d.by?.actor?.id ?? '',
    username: names.get(d.by?.actor?.id ?? '') ?? null,
    sequence: decimalOf(d.by?.sequence),
    at: timeOf(d.by?.atUnixMs),
    reason: d.by?.reason ?? '',
  },
})

export const DiffCount = component('DiffCount', {
  kind: textOut('Kind of objects.', 'peer'),
  created: integerOut('How many there are now and were not.', 2),
  changed: integerOut('How many differ.', 1),
  deleted: integerOut('How many there were and are not any more.', 0),
})
