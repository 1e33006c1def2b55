import type { Direction } from './model.ts'
import type { Witness } from './witness.ts'

export const findingKinds = [
  /** Nothing it matches ever reaches it. */
  'shadowed',
  /** Without it, the rules mean the same. */
  'redundant',
  /** Age alone decides between it and a rule that acts differently. */
  'tie',
  'expired',
  'unused',
  'too_wide',
] as const
export type FindingKind = (typeof findingKinds)[number]

/** Something about a rule that deserves a second look. */
export interface Finding {
  readonly kind: FindingKind
  readonly ruleId: string
  /** For people. */
  readonly message: string
  /** Rules that explain it. */
  readonly otherRuleIds: readonly string[]
  /** A packet that shows it, with the line that decides it now; absent when none can. */
  readonly witness: PlacedWitness | undefined
}

export interface PlacedWitness extends Witness {
  readonly nodeId: string
  readonly device: string
  readonly direction: Direction
}
