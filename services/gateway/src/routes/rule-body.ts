import { Type } from '@fastify/type-provider-typebox'
import { invalid } from '@holdfast/errors'
import { holdfast } from '@holdfast/proto'
import type { FastifyRequest } from 'fastify'
import type { Static } from 'typebox'
import type { Clients } from '../clients.ts'
import {
  closed,
  flagIn,
  integerIn,
  listIn,
  optional,
  textIn,
  timeInOrNull,
} from '../views/fields.ts'
import {
  actionWords,
  directionWords,
  numberOf,
  protocolWords,
  rateScopeWords,
  targetWords,
} from '../views/rule.ts'
import { interfaceId, nodeId, peerId, siteId } from './resolve.ts'

const { TargetKind } = holdfast.rules.v1

// What is right is for the service to judge, which names each field; here only what a message can carry.
const word = (list: readonly string[], description: string, example: string) =>
  Type.Unsafe<string>({ type: 'string', enum: [...list], description, examples: [example] })
const networkIn = (description: string) =>
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    maxLength: 64,
    description,
    examples: ['198.51.100.0/24'],
  })
const numberIn = (maximum: number, description: string, example: number) =>
  Type.Unsafe<number | null>({
    type: ['integer', 'null'],
    minimum: 0,
    maximum,
    description,
    examples: [example],
  })
const port = (which: string) => numberIn(65_535, `${which}; null is any.`, 22)

export const target = closed(
  {
    kind: word(targetWords, 'Where the rule holds.', 'interface'),
    id: optional(
      textIn(256, 'Id or name of the site, node, interface or peer; the node of uplinks.', 'wg0'),
    ),
    interface: optional(textIn(256, 'Narrows the name of a peer.', 'wg0')),
    node: optional(textIn(256, 'Narrows the name of an interface.', 'gw-berlin')),
  },
  { description: 'Everything when absent.' },
)

const settings = {
  action: word(actionWords, 'What happens to a packet that matches first.', 'deny'),
  direction: optional(word(directionWords, 'ingress when absent.', 'ingress')),
  protocol: optional(word(protocolWords, 'any when absent.', 'tcp')),
  src: optional(networkIn('Source network; absent or null matches any.')),
  dst: optional(networkIn('Destination network; absent or null matches any.')),
  src_port_from: optional(port('First source port')),
  src_port_to: optional(port('Last source port, the first when absent')),
  dst_port_from: optional(port('First destination port')),
  dst_port_to: optional(port('Last destination port, the first when absent')),
  rate_pps: optional(numberIn(100_000_000, 'Packets a second; only with rate_limit.', 10)),
  rate_burst: optional(numberIn(100_000_000, 'Packets at once; rate_pps when absent.', 50)),
  rate_scope: optional(word(rateScopeWords, 'Who shares a bucket; rule when absent.', 'rule')),
  priority: optional(integerIn(0, 1000, 'The greater first; 100 when absent.', 800)),
  active: optional(flagIn('Whether it is evaluated; true when absent.', true)),
  continue: optional(flagIn('Only with log: record and go on.', false)),
  log: optional(flagIn('Record what matches.', false)),
  target: optional(target),
  expires_at: optional(timeInOrNull('Hosts stop enforcing it then; null is never.')),
  tags: optional(listIn(16, 'Free words.', 'office')),
  description: optional(textIn(1000, 'Free text.', 'Scans from the lab')),
}
const name = textIn(128, 'Unique in the organization regardless of case.', 'block-scanner', 1)

export const RuleBody = closed({ name, ...settings })
export const RulePatch = closed(
  { ...settings, name: optional(name), action: optional(settings.action) },
  { minProperties: 1 },
)

type Body = Partial<Static<typeof RuleBody>>
type Settings = holdfast.rules.v1.RuleSettings.$Properties
type PortRangeMessage = NonNullable<Settings['sourcePorts']>
type RateMessage = NonNullable<Settings['rate']>
type Ports = { readonly from?: number | null; readonly to?: number | null }

/** Names become ids here; everything else is the service's to judge. */
export async function targetOf(
  clients: Clients,
  wish: Static<typeof target> | undefined,
  organization: string,
  request: FastifyRequest,
): Promise<{ kind: number; id: string }> {
  const kind = wish ? numberOf(targetWords, wish.kind) : TargetKind.TARGET_KIND_EVERYTHING
  const named = wish?.id ?? ''
  if (kind === TargetKind.TARGET_KIND_EVERYTHING) {
    if (named !== '') throw surplus('target.id', 'means nothing when the target is everything')
    return { kind, id: '' }
  }
  if (named === '') throw surplus('target.id', `name the ${wish?.kind} the rule is for`, 'required')
  switch (kind) {
    case TargetKind.TARGET_KIND_SITE:
      return { kind, id: await siteId(clients, named, organization, request) }
    case TargetKind.TARGET_KIND_INTERFACE:
      return { kind, id: await interfaceId(clients, named, wish?.node, request) }
    case TargetKind.TARGET_KIND_PEER:
      return { kind, id: await peerId(clients, named, wish?.interface, request) }
    default:
      return { kind, id: await nodeId(clients, named, request) }
  }
}

const surplus = (field: string, detail: string, code = 'unexpected') =>
  invalid({ field, code, detail })

/** A whole rule from a request, with the defaults of the contract. */
export async function settingsOf(
  clients: Clients,
  body: Static<typeof RuleBody>,
  organization: string,
  request: FastifyRequest,
): Promise<Settings> {
  return {
    name: body.name,
    action: numberOf(actionWords, body.action),
    direction: numberOf(directionWords, body.direction ?? 'ingress'),
    protocol: numberOf(protocolWords, body.protocol ?? 'any'),
    source: body.src ?? '',
    destination: body.dst ?? '',
    sourcePorts: portsOf('src', { from: body.src_port_from, to: body.src_port_to }),
    destinationPorts: portsOf('dst', { from: body.dst_port_from, to: body.dst_port_to }),
    rate: rateOf(body),
    priority: body.priority ?? 100,
    isActive: body.active ?? true,
    continues: body.continue ?? false,
    logs: body.log ?? false,
    target: await targetOf(clients, body.target, organization, request),
    expiresAtUnixMs: body.expires_at ? Date.parse(body.expires_at) : 0,
    tags: body.tags ?? [],
    description: body.description ?? '',
  }
}

/** One port means from it to itself. */
function portsOf(which: 'src' | 'dst', { from, to }: Loose<Ports>): PortRangeMessage | null {
  if (from === undefined || from === null) {
    if (to === undefined || to === null) return null
    throw surplus(`${which}_port_from`, `must be there when ${which}_port_to is`, 'required')
  }
  return { from, to: to ?? from }
}
type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined }

function rateOf(body: Body): RateMessage | null {
  const { rate_pps: pps, rate_burst: burst, rate_scope: scope } = body
  if ((pps ?? undefined) === undefined) {
    if ((burst ?? undefined) === undefined && scope === undefined) return null
    throw surplus('rate_pps', 'must be there when rate_burst or rate_scope is', 'required')
  }
  return {
    pps: pps ?? 0,
    burst: burst ?? pps ?? 0,
    scope: numberOf(rateScopeWords, scope ?? 'rule'),
  }
}

const simple = {
  name: 'name',
  action: 'action',
  direction: 'direction',
  protocol: 'protocol',
  src: 'source',
  dst: 'destination',
  priority: 'priority',
  active: 'is_active',
  continue: 'continues',
  log: 'logs',
  target: 'target',
  expires_at: 'expires_at_unix_ms',
  tags: 'tags',
  description: 'description',
} as const

const grouped = {
  source_ports: ['src_port_from', 'src_port_to'],
  destination_ports: ['dst_port_from', 'dst_port_to'],
  rate: ['rate_pps', 'rate_burst', 'rate_scope'],
} as const

/**
 * A change to a rule: the settings that are named, and which those are. A part of a port range or of a rate
 * limit is completed from `current`, the rule as it is printed.
 */
export async function changesOf(
  clients: Clients,
  body: Static<typeof RulePatch>,
  current: { readonly [K in keyof Body]?: unknown },
  organization: string,
  request: FastifyRequest,
): Promise<{ settings: Settings; fields: string[] }> {
  const fields = Object.entries(simple).flatMap(([key, field]) => (key in body ? [field] : []))
  const whole: Record<string, unknown> = { name: 'unchanged', action: 'allow', ...body }
  for (const [field, keys] of Object.entries(grouped)) {
    if (!keys.some((key) => key in body)) continue
    fields.push(field as never) // as: of the same closed set of proto fields
    const isCleared = keys.some((key) => key in body && body[key] === null)
    for (const key of keys) {
      if (key in body) continue
      // Clearing one end clears the range; otherwise what is not named stays.
      whole[key] = isCleared ? undefined : (current[key] ?? undefined)
    }
  }
  // as: the schema has judged the body, and what is filled in was printed by us
  const settings = await settingsOf(
    clients,
    whole as Static<typeof RuleBody>,
    organization,
    request,
  )
  return { settings, fields }
}
