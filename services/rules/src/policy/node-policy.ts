import { defineError } from '@holdfast/errors'
import { rulesOn } from '@holdfast/policy'
import type { holdfast } from '@holdfast/proto'
import { printRule } from '../grpc/print.ts'
import { lastRuleCommit } from '../queries/moments.ts'
import { allRules, type RuleView } from '../queries/rules.ts'
import type { Acknowledgement } from '../status/firewall-board.ts'
import { readAcknowledgement } from '../status/read-status.ts'
import { devicesOf, NodeNotFound } from './device-in-question.ts'
import { type Sources, timeOf } from './situation.ts'

type Answer = holdfast.rules.v1.GetNodePolicyResponse.$Properties
type AcknowledgementMessage = holdfast.rules.v1.PolicyAcknowledgement.$Properties

export const PolicyTooLarge = defineError(
  'rules.policy_too_large',
  'too_large',
  (d: { node: string; rules: number; maxRules: number }) =>
    `the devices of ${d.node} have ${d.rules} rules in all, and one answer holds ${d.maxRules}: list the rules of the node page by page`,
)

/** What fits one answer. */
const maxPrinted = 20_000

/**
 * The firewall of a node: what the log says it is meant to enforce, now or after a sequence, and what the node said
 * it enforces. These are two facts, and may differ.
 */
export async function nodePolicy(
  sources: Sources & { flushStatus(): Promise<void> },
  { organizationId, nodeId }: { readonly organizationId: string; readonly nodeId: string },
  at: bigint | undefined,
  upTo: bigint,
): Promise<Answer> {
  const { log, postgres, topology, now } = sources
  const time = at === undefined ? now() : await timeOf(log, at, now())
  const host = await topology.host(organizationId, nodeId, at, time)
  if (!host) throw NodeNotFound({ node: nodeId })
  const views = await allRules(postgres, organizationId, at)
  const byId = new Map<string, RuleView>(views.map((view) => [view.id, view]))
  const ruleSet = { rules: views, isLockoutAllowed: false }
  const devices = devicesOf(host).map(({ device, interfaceId }) => ({
    device,
    interfaceId,
    rules: rulesOn(ruleSet, host.facts, time, device),
    defaultVerdict: defaultOf(host.facts, device),
  }))
  const rules = devices.reduce((sum, one) => sum + one.rules.length, 0)
  if (rules > maxPrinted) throw PolicyTooLarge({ node: host.name, rules, maxRules: maxPrinted })
  await sources.flushStatus()
  const acknowledged = await readAcknowledgement(postgres, nodeId, await endOf(sources, at))
  return {
    devices: devices.map((one) => ({
      ...one,
      rules: one.rules.flatMap(({ id }) => {
        const view = byId.get(id)
        return view ? [printRule(view)] : []
      }),
    })),
    ruleSetSequence: Number(await lastRuleCommit(postgres, organizationId, upTo)),
    acknowledged: acknowledged ? printAcknowledgement(acknowledged) : null,
  }
}

const defaultOf = (
  { interfaces, uplinks }: { interfaces: readonly Judging[]; uplinks: readonly Judging[] },
  device: string,
): string =>
  [...interfaces, ...uplinks].find((one) => one.device === device)?.firewall.defaultVerdict ?? ''

interface Judging {
  readonly device: string
  readonly firewall: { readonly defaultVerdict: string }
}

/** A state of the log lasts until the next commit: what a node said before that, it said of this state. */
async function endOf(
  { log, now }: Pick<Sources, 'log' | 'now'>,
  at: bigint | undefined,
): Promise<number> {
  const next = at === undefined ? undefined : await log.read(at + 1n)
  return next?.timeUnixMs ?? now() + 1
}

export const printAcknowledgement = (one: Acknowledgement): AcknowledgementMessage => ({
  ruleSetSequence: Number(one.ruleSetSequence),
  policyVersion: Buffer.from(one.policyVersion, 'hex'),
  provenAtUnixMs: one.provenAtUnixMs,
  isEnforced: one.isEnforced,
  error: one.error,
})
