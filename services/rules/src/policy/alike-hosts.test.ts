import { policyVersion, resolve } from '@holdfast/policy'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { nodeIdOf, ruleIdOf, settingsOf } from '../domain/fixtures.ts'
import { host, interfaceIdOf, peerIdOf } from '../testing/host-fixtures.ts'
import type { Host } from '../topology/host.ts'
import { alikeHosts } from './alike-hosts.ts'

const target = fc.oneof(
  fc.constant({ kind: 'everything' as const }),
  fc
    .integer({ min: 1, max: 3 })
    .chain((n) =>
      fc.constantFrom(
        { kind: 'node' as const, id: nodeIdOf(n) },
        { kind: 'uplinks' as const, id: nodeIdOf(n) },
        { kind: 'interface' as const, id: interfaceIdOf(n) },
        { kind: 'peer' as const, id: peerIdOf(n) },
      ),
    ),
)
const rule = fc.record({
  target,
  isActive: fc.boolean(),
  rate: fc.constantFrom(undefined, {
    pps: 1,
    burst: 1,
    scope: 'peer' as const,
  }),
})

test('hosts with one key have one policy', () => {
  fc.assert(
    fc.property(
      fc.array(rule, { maxLength: 4 }),
      fc.array(fc.record({ hasUplink: fc.boolean(), port: fc.constantFrom(1, 2) }), {
        minLength: 2,
        maxLength: 3,
      }),
      (rules, shapes) => {
        const ruleSet = {
          isLockoutAllowed: false,
          rules: rules.map((settings, n) => ({
            id: ruleIdOf(n),
            settings: settingsOf(n, {
              ...settings,
              action: settings.rate ? ('rate_limit' as const) : ('deny' as const),
            }),
            order: n,
          })),
        }
        const hosts = shapes.map(({ hasUplink, port }, i): Host => {
          const made = host(i + 1, { hasUplink })
          const interfaces = made.facts.interfaces.map((one) => ({ ...one, listenPort: port }))
          return { ...made, facts: { ...made.facts, interfaces } }
        })
        const keyOf = alikeHosts(ruleSet, 0)
        const versions = new Map<string, string>()
        for (const one of hosts) {
          const own = keyOf(one)
          const policy = resolve(ruleSet, one.facts, 0)
          // Hosts are alike whatever their devices are called.
          const devices = policy.devices.map((device) => ({
            ...device,
            interfaceId: '',
            device: device.kind,
          }))
          const version = Buffer.from(policyVersion({ ...policy, devices })).toString('hex')
          expect(versions.get(own) ?? version).toBe(version)
          versions.set(own, version)
        }
      },
    ),
  )
})

test('hosts that differ in nothing rules see are alike', () => {
  const ruleSet = {
    isLockoutAllowed: false,
    rules: [{ id: ruleIdOf(1), settings: settingsOf(1), order: 1 }],
  }
  const keyOf = alikeHosts(ruleSet, 0)
  expect(keyOf(host(1))).toBe(keyOf(host(2)))
  expect(keyOf(host(1, { hasUplink: true }))).not.toBe(keyOf(host(2)))
})
