import type { OrganizationId } from '@holdfast/domain'
import { printIp } from '@holdfast/net'
import {
  type Direction,
  type IpPacket,
  type PolicyTestResult,
  protocolName,
  runPolicyTest,
} from '@holdfast/policy'
import type { CheckTests } from '../domain/policy-tests.ts'
import type { PolicyTest } from '../domain/rule-set-state.ts'
import { type Host, isTargeted } from '../topology/host.ts'
import type { Topology } from '../topology/topology.ts'
import { alikeHosts } from './alike-hosts.ts'
import { policies } from './judge-packet.ts'
import { namesOf, type Situation } from './situation.ts'

/** What became of a test: it holds on every host, or here is where and why it does not. */
export interface TestOutcome {
  readonly test: PolicyTest
  readonly isPassed: boolean
  /** For people; empty when it holds. */
  readonly message: string
  /** What shows that it does not; undefined also when nobody could tell. */
  readonly witness: { readonly packet: IpPacket; readonly direction: Direction } | undefined
  /** The rule that decides about it; empty when none does. */
  readonly ruleId: string
}

/** Tries tests on every host they speak of. One that cannot be decided does not hold: nobody has shown that it does. */
export function runTests(
  situation: Pick<Situation, 'ruleSet' | 'hosts' | 'atUnixMs'>,
  tests: readonly PolicyTest[],
): readonly TestOutcome[] {
  const { ruleSet, hosts, atUnixMs } = situation
  const policyOf = policies(situation)
  const keyOf = alikeHosts(ruleSet, atUnixMs)
  const keys = new Map(hosts.map((host) => [host, keyOf(host)]))
  const names = namesOf(ruleSet.rules)
  return tests.map((test) => {
    const { kind } = test.target
    // A test for one device, or one peer, tells hosts apart that rules do not.
    const isForAll = kind === 'everything' || kind === 'site' || kind === 'node'
    const proved = new Set<string>()
    for (const host of hosts) {
      if (!isTargeted(host, test.target)) continue
      const key = isForAll ? (keys.get(host) ?? '') : host.facts.nodeId
      if (proved.has(key)) continue
      const result = runPolicyTest(policyOf(host), host.facts, test)
      if (result.kind !== 'passed') return broken(test, host, result, names)
      proved.add(key)
    }
    return { test, isPassed: true, message: '', witness: undefined, ruleId: '' }
  })
}

function broken(
  test: PolicyTest,
  host: Host,
  result: Exclude<PolicyTestResult, { kind: 'passed' }>,
  names: ReadonlyMap<string, string>,
): TestOutcome {
  const { device, direction } = result
  const where = `on ${device} of ${host.name}, ${direction}`
  if (result.kind === 'undecided') {
    const message = `cannot be decided ${where}: too many rules meet there; make the test narrower`
    return { test, isPassed: false, message, witness: undefined, ruleId: '' }
  }
  const { packet, line } = result
  const fate = test.expectation === 'pass' ? 'is dropped' : 'passes'
  const cause = line ? `by ${names.get(line.ruleId) ?? line.implicit}` : 'for no rule matches it'
  const message = `${describe(packet)} ${fate} ${where}, ${cause}`
  return {
    test,
    isPassed: false,
    message,
    witness: { packet, direction },
    ruleId: line?.ruleId ?? '',
  }
}

/** A packet in a few words: `tcp 10.0.0.2 port 1 to 10.0.0.5 port 22`. */
export function describe({ family, source, destination, protocol, ports }: IpPacket): string {
  const side = (value: bigint, port: number | undefined): string =>
    `${printIp({ family, value })}${port === undefined ? '' : ` port ${port}`}`
  const from = side(source, ports?.source)
  return `${protocolName(protocol)} ${from} to ${side(destination, ports?.destination)}`
}

/** What judges an organization's tests before a write, on the hosts it has now. */
export const testsOf =
  (topology: Pick<Topology, 'now'>, now: () => number) =>
  async (organizationId: OrganizationId): Promise<CheckTests> => {
    const { hosts } = await topology.now(organizationId)
    return ({ rules, isLockoutAllowed, tests }) =>
      runTests({ ruleSet: { rules, isLockoutAllowed }, hosts, atUnixMs: now() }, tests).flatMap(
        ({ test, isPassed, message }) => (isPassed ? [] : [{ test, detail: message }]),
      )
  }
