import { type Policy, policyVersion, resolve } from '@holdfast/policy'
import {
  generateFacts,
  generateRuleSet,
  passing,
  Random,
  shapes,
  testNow,
} from '@holdfast/policy/testing'
import { describe, expect, test } from 'vitest'
import { hfHead } from '../gen/layout.ts'
import { type Blob, type BlobMemory, buildBlob, sizeClass } from './build-blob.ts'
import { decompile } from './decompile.ts'
import { BlobInvalid } from './errors.ts'
import { assignSlots, noSlots } from './slots.ts'

function drawn(seed: number, size: number): Policy {
  const facts = generateFacts({ seed, peers: 3, uplinks: 2, variesFirewall: true })
  const shape = shapes[seed % shapes.length] ?? 'acl'
  return resolve(generateRuleSet({ seed, size, shape, facts }), facts, testNow)
}

function built(policy: Policy, memory?: BlobMemory): Blob {
  const { slots } = assignSlots(noSlots, policy)
  return buildBlob(policy, { version: policyVersion(policy), slots, generation: 7 }, memory)
}

/** What an agent would report. */
function observed(bytes: Uint8Array): Uint8Array | undefined {
  try {
    return policyVersion(decompile(bytes).policy)
  } catch (error) {
    if (BlobInvalid.is(error)) return undefined
    throw error
  }
}

describe('a policy that was built', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('is read back as it was (seed %i)', (seed) => {
    const policy = drawn(seed, 150)
    const { bytes } = built(policy)
    const inTheMap = new Uint8Array(sizeClass(bytes.length) + 64)
    inTheMap.set(bytes)
    const back = decompile(inTheMap)
    expect(back.policy).toEqual(policy)
    expect(back.generation).toBe(7)
    expect(back.version).toEqual(new Uint8Array(policyVersion(policy)))
    expect(back.slots).toEqual(assignSlots(noSlots, policy).slots)
  })

  test('has the same bytes again, also when it was built behind another', () => {
    const memory: BlobMemory = new Map()
    const bytes = built(drawn(1, 100)).bytes
    built(drawn(2, 100), memory)
    expect(built(drawn(1, 100), memory).bytes).toEqual(bytes)
    expect(built(drawn(1, 100), memory).bytes).toEqual(bytes)
  })

  test('that says nothing is one too', () => {
    const policy: Policy = {
      devices: [{ device: 'wg0', kind: 'wireguard', interfaceId: '', view: 0, firewall: passing }],
      views: [{ ingress4: [], egress4: [], ingress6: [], egress6: [] }],
    }
    expect(decompile(built(policy).bytes).policy).toEqual(policy)
  })

  test('is refused or another one once anybody wrote into it, wherever that is', () => {
    const policy = drawn(3, 60)
    const { bytes } = built(policy)
    const random = new Random(1)
    for (let i = 0; i < 300; i++) {
      const bent = bytes.slice()
      const at = random.below(bent.length)
      // The header's version and generation are the caller's to compare.
      if (at >= hfHead.atGeneration && at < hfHead.atTables) continue
      bent[at] = (bent[at] ?? 0) ^ (1 << random.below(8))
      const version = observed(bent)
      expect(version, `byte ${at}`).not.toEqual(policyVersion(policy))
    }
  })

  test('is nothing when it is empty', () => {
    expect(() => decompile(new Uint8Array(4096))).toThrow('it has no header')
    expect(() => decompile(new Uint8Array(3))).toThrow('what the kernel holds is not a policy')
  })
})
