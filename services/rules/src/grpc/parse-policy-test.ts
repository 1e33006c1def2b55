import { readNetwork as networkOf, parseName } from '@holdfast/net'
import { protocols, ruleDirections } from '@holdfast/policy'
import { holdfast } from '@holdfast/proto'
import { Fields } from '@holdfast/service'
import type { PolicyTestId } from '../domain/ids.ts'
import { expectations, type PolicyTest } from '../domain/rule-set-state.ts'
import { oneOf, readNetwork, readPorts, readTarget } from './parse-rule.ts'

/** A test as it was asked for, fields named as in the REST contract. Throws `invalid` with every bad field. */
export function parsePolicyTest(
  message: holdfast.rules.v1.PolicyTest.$Properties | null | undefined,
  id: PolicyTestId,
): PolicyTest {
  const fields = new Fields()
  const m = new holdfast.rules.v1.PolicyTest(message ?? {})
  const test: PolicyTest = {
    id,
    name: fields.take(parseName, m.name, 'name'),
    direction: m.direction ? oneOf(fields, ruleDirections, m.direction, 'direction') : 'both',
    protocol: m.protocol ? oneOf(fields, protocols, m.protocol, 'protocol') : 'any',
    source: readNetwork(fields, m.source, 'src'),
    destination: readNetwork(fields, m.destination, 'dst'),
    sourcePorts: readPorts(fields, m.sourcePorts, 'src_port'),
    destinationPorts: readPorts(fields, m.destinationPorts, 'dst_port'),
    target: readTarget(fields, '', m.target),
    expectation: oneOf(fields, expectations, m.expectation, 'expect'),
  }
  fields.check()
  for (const [field, ports] of [
    ['src_port_from', test.sourcePorts],
    ['dst_port_from', test.destinationPorts],
  ] as const) {
    if (ports && test.protocol === 'icmp') {
      fields.add(field, 'not_applicable', 'icmp has no ports: leave them out')
    }
  }
  const { source, destination } = test
  if (source && destination && networkOf(source).family !== networkOf(destination).family) {
    const detail = `src ${source} and dst ${destination} are of different families: no packet has both`
    fields.add('dst', 'family_mismatch', detail)
  }
  fields.check()
  return test
}
