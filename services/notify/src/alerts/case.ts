import { uuidV5 } from '@holdfast/domain'
import { type Severity, severityNumber } from '../domain/severity.ts'
import type { Occurrence } from './occurrence.ts'

/**
 * An alert that is not over, as it stands at this moment. The log knows its beginning, its end, and its count to a
 * factor of two; this knows the rest, and all of it while the log takes nothing.
 */
export interface AlertCase {
  readonly alertId: string
  /** The rule, or `alarm:<code>` where none names it. */
  readonly ruleKey: string
  readonly organizationId: string | undefined
  readonly cause: string
  readonly ruleId: string | undefined
  readonly code: string
  readonly severity: Severity
  readonly title: string
  readonly detail: string
  readonly aboutSequence: bigint
  readonly count: bigint
  /** ms since 1970. */
  readonly raisedAt: number
  readonly lastAt: number
  readonly sources: readonly string[]
  readonly overSince: number | undefined
}

/** Something to be added to a case, or to begin one. */
export interface Finding {
  readonly ruleKey: string
  readonly ruleId: string | undefined
  readonly organizationId: string | undefined
  readonly cause: string
  readonly severity: Severity
  readonly title: string
  readonly detail: string
  /** Who says that it goes on; undefined for what has happened and is past. */
  readonly source: string | undefined
  readonly count: number
  readonly occurrence: Pick<Occurrence, 'id' | 'code' | 'at' | 'sequence'>
}

/** Open alerts a rule may have in one organization; more of them share one. */
export const maxOpenOfRule = 20
export const theRest = 'the rest'

/** Never changes: an alert that is raised twice must be one. */
const alertNamespace = '5f0f3b52-6d3e-5a6c-8f6b-0c6f1f5f9a77'

export const groupOf = ({
  ruleKey,
  organizationId,
}: Pick<Finding, 'ruleKey' | 'organizationId'>): string => `${ruleKey} ${organizationId ?? ''}`

/** `worse`, like `opened`, is worth telling people at once. */
export type Change = 'opened' | 'worse' | 'counted'

/** The cases of one rule and organization, as findings come in. */
export class CaseGroup {
  readonly #cases = new Map<string, AlertCase>()
  readonly #changes = new Map<string, Change>()

  constructor(open: readonly AlertCase[]) {
    for (const one of open) this.#cases.set(one.cause, one)
  }

  take(finding: Finding): void {
    const known = this.#cases.get(finding.cause)
    if (known) {
      this.#count(known, finding)
      return
    }
    const isCrowded = finding.cause !== theRest && this.#cases.size >= maxOpenOfRule
    if (!isCrowded) {
      this.#open(finding)
      return
    }
    this.take({
      ...finding,
      cause: theRest,
      // It stands for many: none of them alone can say that it is over.
      source: undefined,
      detail: `More than ${maxOpenOfRule} alerts of this rule are open; further ones are counted here. The last: ${finding.title}. ${finding.detail}`,
    })
  }

  /** What changed, each case once. */
  changes(): readonly (readonly [AlertCase, Change])[] {
    return [...this.#changes].flatMap(([cause, change]) => {
      const one = this.#cases.get(cause)
      return one ? [[one, change] as const] : []
    })
  }

  #open(finding: Finding): void {
    const { occurrence, organizationId, ruleKey, cause } = finding
    this.#cases.set(cause, {
      alertId: uuidV5(
        alertNamespace,
        `${ruleKey}|${organizationId ?? ''}|${cause}|${occurrence.id}`,
      ),
      ruleKey,
      organizationId,
      cause,
      ruleId: finding.ruleId,
      code: occurrence.code,
      severity: finding.severity,
      title: finding.title,
      detail: finding.detail,
      aboutSequence: occurrence.sequence,
      count: BigInt(finding.count),
      raisedAt: occurrence.at,
      lastAt: occurrence.at,
      sources: finding.source === undefined ? [] : [finding.source],
      overSince: undefined,
    })
    this.#changes.set(cause, 'opened')
  }

  #count(known: AlertCase, finding: Finding): void {
    const { source, occurrence } = finding
    const isWorse = severityNumber(finding.severity) > severityNumber(known.severity)
    this.#cases.set(known.cause, {
      ...known,
      severity: isWorse ? finding.severity : known.severity,
      title: finding.title,
      detail: finding.detail,
      aboutSequence: occurrence.sequence || known.aboutSequence,
      count: known.count + BigInt(finding.count),
      lastAt: Math.max(known.lastAt, occurrence.at),
      sources:
        source === undefined || known.sources.includes(source)
          ? known.sources
          : [...known.sources, source],
      overSince: undefined,
    })
    const before = this.#changes.get(known.cause)
    if (before !== 'opened')
      this.#changes.set(known.cause, isWorse ? 'worse' : (before ?? 'counted'))
  }
}
