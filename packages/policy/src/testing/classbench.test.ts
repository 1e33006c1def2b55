import { existsSync, readFileSync } from 'node:fs'
import { resolve as resolvePath } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { judge } from '../evaluate.ts'
import { resolve } from '../resolve.ts'
import { readClassBench, readTrace } from './classbench.ts'
import { generateFacts } from './facts.ts'

const home = resolvePath(import.meta.dirname, '../../../../../shared/data/rulesets')

test('reads ports, networks, protocols, and skips what no rule can name', () => {
  const set = readClassBench(
    [
      '@10.0.0.0/8\t0.0.0.0/0\t0 : 65535\t80 : 90\t0x06/0xFF\t0x0000/0x0000\t',
      '@10.0.0.1/32\t1.2.3.4/32\t0 : 65535\t0 : 65535\t0x2F/0xFF\t0x0000/0x0000\t',
      '@0.0.0.0/0\t1.2.3.4/32\t0 : 65535\t0 : 65535\t0x00/0x00\t0x0000/0x0000\t',
    ].join('\n'),
    1,
  )
  expect([...set.skipped]).toEqual([1])
  expect(set.ruleSet.rules.map((rule) => rule.settings)).toMatchObject([
    { protocol: 'tcp', source: '10.0.0.0/8', destinationPorts: { from: 80, to: 90 } },
    { protocol: 'any', destination: '1.2.3.4/32', destinationPorts: undefined },
  ])
})

test.runIf(existsSync(home)).each(['acl1_1k', 'fw1_1k', 'ipc1_1k'])(
  'the first matching line of %s is the one an exhaustive scan found',
  (name) => {
    const set = readClassBench(readFileSync(`${home}/${name}.rules`, 'utf8'), 1)
    const trace = readTrace(gunzipSync(readFileSync(`${home}/${name}.trace.gz`)).toString())
    const facts = generateFacts({ seed: 1, interfaces: 1, peers: 0, uplinks: 0 })
    const policy = resolve(set.ruleSet, facts, 0)
    let judged = 0
    for (const { packet, expected } of trace.slice(0, 4000)) {
      // The scan knew protocols that rules cannot name.
      if (set.skipped.has(expected)) continue
      const { line } = judge(policy, 'wg0', 'ingress', packet)
      const found = line === undefined ? -1 : set.lineOf.get(line.ruleId)
      expect(found, JSON.stringify({ expected, packet: String(packet.source) })).toBe(expected)
      judged++
    }
    expect(judged).toBeGreaterThan(2000)
  },
)
