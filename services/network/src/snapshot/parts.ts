import type { Postgres } from '@holdfast/postgres'
import { nameKey, type Outcome } from '@holdfast/snapshot'
import type { CommandTools } from '../commands/command-tools.ts'

/** What contributors work with. */
export interface SnapshotParts {
  readonly tools: CommandTools
  readonly postgres: Postgres
  /** Waits until the read models include everything that is safe; answers as of what. */
  caughtUp(): Promise<bigint>
}

/** The longest page of a section. */
export const maxPage = 1000

/** A record as it was read: what it wants, or why it is not taken. */
export type Read<Wish> =
  | { readonly name: string; readonly wish: Wish }
  | { readonly name: string; readonly outcome: Outcome }

/**
 * The one that is meant by a name: of that very spelling, or the only one there is. Undefined when there is none, or
 * when it cannot be told.
 */
export function oneNamed<T>(
  found: readonly T[],
  name: string,
  nameOf: (one: T) => string,
): T | undefined {
  const alike = found.filter((one) => nameKey(nameOf(one)) === nameKey(name))
  const exact = alike.filter((one) => nameOf(one) === name)
  const matches = exact.length > 0 ? exact : alike
  return matches.length === 1 ? matches[0] : undefined
}

export const missing = (name: string, detail: string): Outcome => ({
  outcome: 'skipped',
  name,
  code: 'backup.reference_missing',
  detail,
})

export const exists = (name: string, promise: string): Outcome => ({
  outcome: 'skipped',
  name,
  code: 'backup.exists',
  detail: 'is there already and stays as it is',
  promise,
})

export const unchanged = (name: string, promise: string): Outcome => ({
  outcome: 'skipped',
  name,
  code: 'backup.unchanged',
  detail: 'is so already',
  promise,
})

export const notEnrolled = (name: string, node: string): Outcome => ({
  outcome: 'skipped',
  name,
  code: 'network.node_not_enrolled',
  detail: `no node ${node} is enrolled here: enroll it under that name and import again, or name a target node that takes its interfaces`,
})
