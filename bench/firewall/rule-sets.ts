// Rule sets to measure with: seeded ones of three shapes, and the filter sets beside the project when they are there.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { type HostFacts, type Policy, type RuleSet, resolve } from '@holdfast/policy'
import {
  generateRuleSet,
  passing,
  readClassBench,
  type Shape,
  shapes,
  testNow,
} from '@holdfast/policy/testing'
import type { Family } from '../../packages/policy/src/family.ts'
import { inIpv6 } from './in-ipv6.ts'
import { plannedSet } from './planned-sets.ts'

export interface RuleSetCase {
  /** The shape, or the file's name without its ending. */
  readonly name: string
  readonly family: Family
  /** Nominal: 10, 100, 1,000, 10,000 or 100,000. */
  readonly size: number
  readonly origin: 'planned' | 'filter set' | 'any lengths'
  make(): RuleSet
}

export const sizes = [10, 100, 1_000, 10_000, 100_000] as const

export const seed = 20_260

/** One device on which all of a set holds. */
export const device = 'wg0'
export const oneInterface: HostFacts = {
  nodeId: 'a0000000-0000-4000-8000-000000000001',
  siteId: '',
  interfaces: [
    {
      id: 'a0000000-0000-4000-8000-000000000002',
      device,
      listenPort: 51820,
      firewall: passing,
      peers: [],
    },
  ],
  uplinks: [],
  control: [],
}

export const policyOf = (ruleSet: RuleSet): Policy => resolve(ruleSet, oneInterface, testNow)

export function plannedCases(
  families: readonly Family[],
  ofSizes: readonly number[],
  ofShapes: readonly Shape[] = shapes,
): RuleSetCase[] {
  return casesOf(families, ofSizes, ofShapes, (shape, family, size) => ({
    name: shape,
    origin: 'planned',
    make: () => {
      const ruleSet = plannedSet(shape, size, seed + size)
      return family === 4 ? ruleSet : inIpv6(ruleSet, seed, 'usual')
    },
  }))
}

/** Hard on the structure: prefixes of every length there is. */
export function anyLengthCases(
  families: readonly Family[],
  ofSizes: readonly number[],
  ofShapes: readonly Shape[] = shapes,
): RuleSetCase[] {
  return casesOf(families, ofSizes, ofShapes, (shape, family, size) => ({
    name: `${shape}, any lengths`,
    origin: 'any lengths',
    make: () => generateRuleSet({ seed: seed + size, size, shape, family, words: 'classify' }),
  }))
}

const casesOf = (
  families: readonly Family[],
  ofSizes: readonly number[],
  ofShapes: readonly Shape[],
  of: (shape: Shape, family: Family, size: number) => Pick<RuleSetCase, 'name' | 'origin' | 'make'>,
): RuleSetCase[] =>
  ofShapes.flatMap((shape) =>
    families.flatMap((family) =>
      ofSizes.map((size) => ({ family, size, ...of(shape, family, size) })),
    ),
  )

const folder = new URL('../../../shared/data/rulesets/', import.meta.url)

const files = [
  ['acl1_1k', '.rules', 1_000],
  ['fw1_1k', '.rules', 1_000],
  ['ipc1_1k', '.rules', 1_000],
  ['acl1_10k', '.rules.gz', 10_000],
  ['fw1_10k', '.rules.gz', 10_000],
] as const

/** The sets are IPv4; their IPv6 twins have the same prefixes below 2001:db8::/32. */
export function filterSetCases(families: readonly Family[]): RuleSetCase[] {
  return files.flatMap(([name, ending, size]) => {
    const url = new URL(name + ending, folder)
    if (!existsSync(url)) return []
    return families.map((family) => ({
      name,
      family,
      size,
      origin: 'filter set' as const,
      make() {
        const bytes = readFileSync(url)
        const text = (ending === '.rules' ? bytes : gunzipSync(bytes)).toString('latin1')
        const { ruleSet } = readClassBench(text, seed)
        return family === 4 ? ruleSet : inIpv6(ruleSet, seed, 'inside')
      },
    }))
  })
}

export const filterSetFolder = fileURLToPath(folder)
