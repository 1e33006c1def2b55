import { newId } from '@holdfast/domain'
import { defineError } from '@holdfast/errors'
import { holdfast } from '@holdfast/proto'
import { expect, test } from 'vitest'
import { nodeIdOf, organizationId, ruleIdOf } from '../domain/fixtures.ts'
import { newCall, person } from '../testing/calls.ts'
import { recordedFlow } from './flow-question.ts'

const { FlowDirection, FlowVerdict } = holdfast.agent.v1
const Gone = defineError('test.flow_gone', 'not_found', () => 'no such flow')

const recorded: holdfast.audit.v1.Flow.$Properties = {
  id: 'f1',
  organizationId,
  nodeId: nodeIdOf(1),
  ruleId: ruleIdOf(1),
  policyVersion: 'ab',
  record: {
    source: Buffer.from([10, 20, 1, 2]),
    destination: Buffer.from([10, 10, 0, 5]),
    protocol: 17,
    sourcePort: 4000,
    destinationPort: 53,
    direction: FlowDirection.FLOW_DIRECTION_EGRESS,
    verdict: FlowVerdict.FLOW_VERDICT_LIMITED,
    device: 'wg1',
    lastUnixMs: 900,
  },
}
const ask = (
  flow: holdfast.audit.v1.Flow.$Properties | undefined,
  caller = person('VIEWER', organizationId),
) => {
  const getFlow = () =>
    flow
      ? Promise.resolve(new holdfast.audit.v1.GetFlowResponse({ flow }))
      : Promise.reject(Gone({}))
  const summarizeFlows = () => Promise.reject(new Error('nobody asks for many'))
  return recordedFlow({ flows: { getFlow, summarizeFlows } }, 'f1', newCall({ caller }).call)
}

test('a recorded flow is asked about as its node wrote it down', async () => {
  expect(await ask(recorded)).toMatchObject({
    organizationId,
    packet: { family: 4, protocol: 17, ports: { source: 4000, destination: 53 } },
    direction: 'egress',
    timeUnixMs: 900,
    interface: 'wg1',
    node: nodeIdOf(1),
    recorded: {
      verdict: FlowVerdict.FLOW_VERDICT_LIMITED,
      ruleId: ruleIdOf(1),
      policyVersion: 'ab',
    },
  })
})

test('a flow that is not there and one of somebody else are told apart by nobody', async () => {
  const words = 'there is no recorded flow f1, or none with addresses'
  await expect(ask(undefined)).rejects.toThrow(words)
  await expect(ask(recorded, person('VIEWER', newId()))).rejects.toThrow(words)
  await expect(ask({ ...recorded, record: null })).rejects.toThrow(words)
})
