import { Type } from '@fastify/type-provider-typebox'
import { invalid } from '@holdfast/errors'
import type { Static } from 'typebox'
import type { Clients } from '../clients.ts'
import { sequenceAt, type TimeSource } from '../http/at.ts'
import { reading } from '../http/call.ts'
import {
  closed,
  flagIn,
  flagOut,
  idOrNull,
  integerIn,
  integerOut,
  named,
  optional,
  ref,
  textIn,
  textOut,
  timeInOrNull,
} from '../views/fields.ts'
import {
  ChangedFlow,
  Finding,
  flowDirectionWords,
  PacketVerdict,
  printChangedFlow,
  printFinding,
  printVerdict,
} from '../views/policy.ts'
import { decimalOf, idOf, present, timeOf } from '../views/print.ts'
import { numberOf, printRule, printRuleChange, Rule, type RuleChange } from '../views/rule.ts'
import { Operation, operationsOf } from './change-sets.ts'
import { byId, one, pastOne, text } from './list.ts'
import { organizationId } from './resolve.ts'
import { type Routes, signedIn } from './route.ts'
import { organization } from './rules.ts'

const tags = ['policy']
const direction = Type.Unsafe<string>({
  type: 'string',
  enum: [...flowDirectionWords],
  description: 'Into the host or out of it; ingress when absent.',
  examples: ['ingress'],
})
/** In a body, for questions that are asked with one. */
export const at = optional(
  textIn(40, 'As of then: a log sequence, or a time (RFC 3339).', '2026-11-20T09:30:00Z', 1),
)
const PacketBody = closed({
  src: textIn(64, 'Source address.', '198.51.100.7', 2),
  dst: textIn(64, 'Destination address.', '10.10.0.2', 2),
  protocol: optional(textIn(8, 'tcp, udp, icmp or a number; tcp when absent.', 'tcp')),
  src_port: optional(integerIn(0, 65_535, 'Any of the client when absent.', 40_312)),
  dst_port: optional(integerIn(0, 65_535, 'Of the service.', 22)),
  direction: optional(direction),
  later_fragment: optional(flagIn('A fragment without ports.', false)),
})
const where = {
  interface: optional(named('interface', 'wg0')),
  node: optional(named('node', 'gw-berlin')),
}
/** 4 MiB of capture as base64, and the rest. */
const captureLimit = 6 * 1024 * 1024

const packetOf = (p: Static<typeof PacketBody>) => ({
  source: p.src,
  destination: p.dst,
  protocol: p.protocol ?? 'tcp',
  sourcePort: p.src_port ?? 0,
  destinationPort: p.dst_port ?? 0,
  direction: numberOf(flowDirectionWords, p.direction ?? 'ingress'),
  isLaterFragment: p.later_fragment ?? false,
})

/** Questions about rules that change nothing. */
export const policyRoutes =
  (clients: Clients, log: TimeSource): Routes =>
  async (app) => {
    const { policy } = clients

    app.post(
      '/rules/simulate',
      {
        config: { isUnkeyed: true },
        bodyLimit: captureLimit,
        schema: {
          operationId: 'simulatePackets',
          tags,
          summary: 'What happens to a packet, or to each packet of a capture, and why',
          security: signedIn,
          body: closed({
            organization,
            ...where,
            packet: optional(PacketBody),
            capture: optional(
              textIn(5_700_000, 'A pcap file instead, base64, at most 4 MiB.', '1MOyoQIABAA…'),
            ),
            capture_direction: optional(direction),
            at,
            change_set: optional(textIn(36, 'With this draft applied.', '', 36)),
          }),
          response: { 200: Type.Object({ items: Type.Array(ref(PacketVerdict)) }) },
        },
      },
      async (request) => {
        const { body } = request
        if ((body.packet === undefined) === (body.capture === undefined)) {
          throw invalid({
            field: 'packet',
            code: 'required',
            detail: 'give a packet or a capture, one of the two',
          })
        }
        const found = await policy.simulatePackets(
          {
            organization: await organizationId(clients, body.organization, request),
            interface: text(body.interface),
            node: text(body.node),
            packet: body.packet ? packetOf(body.packet) : null,
            capture: Buffer.from(text(body.capture), 'base64'),
            captureDirection: numberOf(flowDirectionWords, body.capture_direction ?? 'ingress'),
            atSequence: await sequenceAt(log, body.at),
            changeSetId: text(body.change_set),
          },
          reading(request),
        )
        return { items: (found.verdicts ?? []).map(printVerdict) }
      },
    )

    app.post(
      '/rules/dry-run',
      {
        config: { isUnkeyed: true },
        schema: {
          operationId: 'dryRunChange',
          tags,
          summary: 'What a change would have done to recorded flows',
          security: signedIn,
          body: closed({
            organization,
            change_set: optional(textIn(36, 'Id of a draft.', '', 36)),
            operations: optional(
              Type.Array(Operation, { maxItems: 10_000, description: 'Or operations given here.' }),
            ),
            from: optional(timeInOrNull('Seven days ago when absent.')),
            to: optional(timeInOrNull('Now when absent.')),
          }),
          response: {
            200: Type.Object({
              flows: integerOut('Flows looked at.', 1200),
              newly_dropped: integerOut('Would have been dropped.', 214),
              newly_passed: integerOut('Would have passed.', 0),
              changed: Type.Array(ref(ChangedFlow), { description: 'The most frequent first.' }),
              coverage: Type.Array(Type.String(), {
                description: 'What was recorded of that time, and what was not.',
              }),
            }),
          },
        },
      },
      async (request) => {
        const { body } = request
        const inOrganization = await organizationId(clients, body.organization, request)
        const found = await policy.dryRunChange(
          {
            organization: inOrganization,
            changeSetId: text(body.change_set),
            operations: await operationsOf(clients, body.operations ?? [], inOrganization, request),
            fromUnixMs: body.from ? Date.parse(body.from) : 0,
            toUnixMs: body.to ? Date.parse(body.to) : 0,
          },
          reading(request),
        )
        return {
          flows: found.flows ?? 0,
          newly_dropped: found.newlyDroppedFlows ?? 0,
          newly_passed: found.newlyPassedFlows ?? 0,
          changed: (found.changed ?? []).map(printChangedFlow),
          coverage: found.coverage ?? [],
        }
      },
    )

    app.get(
      '/rule-findings',
      {
        schema: {
          operationId: 'analyzeRules',
          tags,
          summary: 'Rules that never decide, repeat others, were never hit or let in too much',
          security: signedIn,
          querystring: one({ organization_id: organization }),
          response: {
            200: Type.Object({
              items: Type.Array(ref(Finding)),
              coverage: Type.Array(Type.String(), {
                description: 'What was not looked at or could not be decided.',
              }),
            }),
          },
        },
      },
      async (request) => {
        const inOrganization = await organizationId(clients, request.query.organization_id, request)
        const found = await policy.analyzeRules({ organization: inOrganization }, reading(request))
        return { items: (found.findings ?? []).map(printFinding), coverage: found.coverage ?? [] }
      },
    )

    app.post(
      '/rules/why',
      {
        config: { isUnkeyed: true },
        schema: {
          operationId: 'explainFlow',
          tags,
          summary: 'Which rule decided about a flow, in which version, and who wrote it',
          security: signedIn,
          body: closed({
            organization,
            flow_id: optional(textIn(128, 'Id of a recorded flow.', '')),
            packet: optional(PacketBody),
            time: optional(timeInOrNull('When; now when absent.')),
            ...where,
          }),
          response: {
            200: Type.Object({
              verdict: Type.Object(PacketVerdict.properties),
              rule: Type.Unsafe<Static<typeof Rule> | null>({
                type: ['object', 'null'],
                additionalProperties: true,
                description: 'The rule as it was then.',
              }),
              last_change: Type.Unsafe<Static<typeof RuleChange> | null>({
                type: ['object', 'null'],
                additionalProperties: true,
                description: 'Who made it so.',
              }),
              rule_set_sequence: textOut('The version of the rules in force then.', '1042'),
              was_enforced: flagOut('Whether the node had proved that version.', true),
              remark: textOut('What else there is to say.', ''),
            }),
          },
        },
      },
      async (request) => {
        const { body } = request
        const found = await policy.explainFlow(
          {
            organization: await organizationId(clients, body.organization, request),
            flowId: text(body.flow_id),
            packet: body.packet ? packetOf(body.packet) : null,
            atUnixMs: body.time ? Date.parse(body.time) : 0,
            interface: text(body.interface),
            node: text(body.node),
          },
          reading(request),
        )
        return {
          verdict: printVerdict(present(found.verdict, 'verdict')),
          rule: found.rule ? printRule(found.rule) : null,
          last_change: found.lastChange ? printRuleChange(found.lastChange) : null,
          rule_set_sequence: decimalOf(found.ruleSetSequence),
          was_enforced: found.wasEnforced ?? false,
          remark: found.remark ?? '',
        }
      },
    )

    app.get(
      '/nodes/:id/policy',
      {
        schema: {
          operationId: 'getNodePolicy',
          tags,
          summary:
            'The firewall of a node, now or then: what was intended, and what it said it enforced',
          security: signedIn,
          params: byId('node'),
          querystring: pastOne({}),
          response: {
            200: Type.Object({
              rule_set_sequence: textOut('Last change that is included.', '1042'),
              devices: Type.Array(
                Type.Object({
                  device: textOut('Name of the device.', 'wg0'),
                  interface_id: idOrNull('Null for an uplink.'),
                  default_verdict: textOut('When no rule matches.', 'pass'),
                  rules: Type.Array(ref(Rule), { description: 'In order.' }),
                }),
              ),
              acknowledged: Type.Unsafe<Acknowledged | null>({
                type: ['object', 'null'],
                additionalProperties: true,
                description: 'The newest word of the node not after that time.',
              }),
            }),
          },
        },
      },
      async (request) => {
        const found = await policy.getNodePolicy({ node: request.params.id }, reading(request))
        const { acknowledged } = found
        return {
          rule_set_sequence: decimalOf(found.ruleSetSequence),
          devices: (found.devices ?? []).map((device) => ({
            device: device.device ?? '',
            interface_id: idOf(device.interfaceId ?? ''),
            default_verdict: device.defaultVerdict ?? '',
            rules: (device.rules ?? []).map(printRule),
          })),
          acknowledged: acknowledged
            ? {
                rule_set_sequence: decimalOf(acknowledged.ruleSetSequence),
                policy_version: Buffer.from(acknowledged.policyVersion ?? []).toString('hex'),
                proven_at: timeOf(acknowledged.provenAtUnixMs),
                is_enforced: acknowledged.isEnforced ?? false,
                error: acknowledged.error ?? '',
              }
            : null,
        }
      },
    )
  }

interface Acknowledged {
  readonly rule_set_sequence: string
  readonly policy_version: string
  readonly proven_at: string | null
  readonly is_enforced: boolean
  readonly error: string
}
