import type { Verdict } from '@holdfast/merkle'

interface CodeFacts {
  readonly verdict: Verdict
  /** One sentence, for people: what it means that this was found. */
  readonly meaning: string
}

/**
 * Every code there is; docs/verify.md shows the same table. Those of bundles have the names the Merkle package gives them.
 * `integrity`: no honest log looks like this. `completeness`: what is here fits together, but shows less than it
 * should. `key`: it may fit together, but not under the keys the auditor brought.
 */
export const codes = {
  line_malformed: {
    verdict: 'integrity',
    meaning: 'The file was changed or damaged here; nothing after it was read.',
  },
  line_unexpected: {
    verdict: 'integrity',
    meaning: 'Lines of the file were moved, added or taken out; nothing after it was read.',
  },
  sequence_unexpected: {
    verdict: 'integrity',
    meaning: 'A commit was taken out, added or moved here; nothing after it was read.',
  },
  leaf_hash_differs: {
    verdict: 'integrity',
    meaning: 'This commit is not what was logged.',
  },
  root_differs: {
    verdict: 'integrity',
    meaning:
      'At least one of these commits was changed, added or taken out after the checkpoint was signed.',
  },
  consistency_invalid: {
    verdict: 'integrity',
    meaning:
      'One log cannot have been in both states: history was rewritten, or the proof was changed.',
  },
  proof_invalid: {
    verdict: 'integrity',
    meaning: 'The entry is not the one the log holds at this place, or the proof was changed.',
  },
  signature_invalid: {
    verdict: 'integrity',
    meaning: 'The checkpoint was changed after it was signed, or never signed by that key.',
  },
  origin_foreign: {
    verdict: 'integrity',
    meaning: 'It was put there from elsewhere and says nothing of this log.',
  },
  key_retired: {
    verdict: 'integrity',
    meaning: 'Somebody who kept the old key made it.',
  },
  rotation_broken: {
    verdict: 'integrity',
    meaning: 'Checkpoints of the key it brings must not be believed.',
  },
  count_differs: {
    verdict: 'integrity',
    meaning: 'Lines were added to the file or taken out of it.',
  },
  digest_differs: {
    verdict: 'integrity',
    meaning:
      'Some byte of the file is not the one that was written; other findings say which, if it matters.',
  },
  known_checkpoint_differs: {
    verdict: 'integrity',
    meaning: 'History was rewritten after you were given that checkpoint.',
  },
  archive_damaged: {
    verdict: 'integrity',
    meaning: 'The files are not what the archiver wrote.',
  },
  checkpoint_unreadable: {
    verdict: 'integrity',
    meaning: 'The file was changed or damaged.',
  },
  tombstone_invalid: {
    verdict: 'integrity',
    meaning: 'Nobody who may gave these records up: somebody took them out.',
  },
  commit_unreadable: {
    verdict: 'integrity',
    meaning: 'No release of Holdfast wrote this.',
  },
  commit_foreign: {
    verdict: 'integrity',
    meaning: 'It was written into this log from elsewhere.',
  },
  restore_invalid: {
    verdict: 'integrity',
    meaning: 'Nobody who may has said that the log goes on like this.',
  },
  commit_id_differs: {
    verdict: 'integrity',
    meaning: 'One of the two was changed.',
  },
  subject_differs: {
    verdict: 'integrity',
    meaning: 'A commit was stored under a subject that is not its own.',
  },
  version_unexpected: {
    verdict: 'integrity',
    meaning: 'An event of this aggregate was taken out, repeated or moved.',
  },
  end_missing: {
    verdict: 'completeness',
    meaning: 'The end of the file was cut off.',
  },
  entries_missing: {
    verdict: 'completeness',
    meaning: 'They were cut off, lost or never handed over.',
  },
  entries_uncovered: {
    verdict: 'completeness',
    meaning: 'Nobody vouches for them: they could be anything.',
  },
  entries_unwitnessed: {
    verdict: 'completeness',
    meaning: "Whoever has the log's key could have rewritten them.",
  },
  known_checkpoint_not_reached: {
    verdict: 'completeness',
    meaning: 'Whether the log only grew since you were given it cannot be told from this.',
  },
  checkpoint_missing: {
    verdict: 'completeness',
    meaning: 'Nobody vouches for what is here.',
  },
  proof_missing: {
    verdict: 'completeness',
    meaning: 'Whether the later log begins with the earlier one cannot be told without it.',
  },
  key_unpinned: {
    verdict: 'completeness',
    meaning:
      'This shows that it fits together, not that it is the log you mean: anybody can make another one.',
  },
  key_unknown: {
    verdict: 'key',
    meaning: 'This is another log, or --key is not the key it was given out with.',
  },
} as const satisfies Readonly<Record<string, CodeFacts>>
export type FindingCode = keyof typeof codes

/** One thing that is not as it should be. */
export interface Finding {
  /** For programs; never changes. */
  readonly code: FindingCode
  readonly verdict: Verdict
  /** What is wrong; quotes no payload. */
  readonly detail: string
  /** First sequence it concerns; undefined when it is about a file or a key. */
  readonly first: bigint | undefined
  /** Last sequence it concerns; equal to `first` for one. */
  readonly last: bigint | undefined
}

/** One line for people: what is wrong, where, what it means. */
export function sentence({ code, detail, first, last }: Finding): string {
  const where = first === undefined ? '' : `${range(first, last ?? first)}: `
  return `${where}${detail}. ${codes[code].meaning}`
}

/** `commit 3` or `commits 3 to 5`. */
export const range = (first: bigint, last: bigint): string =>
  first >= last ? `commit ${first}` : `commits ${first} to ${last}`

/** Text from the evidence goes to a terminal: printable, and short. */
export function clip(text: string): string {
  const clean = text.replaceAll(/[^\x20-\x7e]/g, '?')
  return clean.length > 120 ? `${clean.slice(0, 117)}...` : clean
}

/** More are counted, not kept: a wholly foreign log must not fill the memory. */
const maxKept = 100

/** Collects findings in the order they are made. */
export class Findings {
  readonly #kept: Finding[] = []
  readonly #count: Record<Verdict, number> = { integrity: 0, completeness: 0, key: 0 }
  #firstBroken: bigint | undefined
  #firstMissing: bigint | undefined
  #firstUnproven: bigint | undefined

  add(code: FindingCode, detail: string, first?: bigint, last: bigint | undefined = first): void {
    const { verdict } = codes[code]
    this.#count[verdict]++
    if (verdict === 'integrity') this.#firstBroken = least(this.#firstBroken, first)
    else if (code === 'entries_missing' || code === 'end_missing')
      this.#firstMissing = least(this.#firstMissing, first)
    else if (verdict === 'completeness') this.#firstUnproven = least(this.#firstUnproven, first)
    if (this.#kept.length < maxKept) this.#kept.push({ code, verdict, detail, first, last })
  }

  has(verdict: Verdict): boolean {
    return this.#count[verdict] > 0
  }

  /** How many there are, kept or not. */
  count(verdict: Verdict): number {
    return this.#count[verdict]
  }

  /** The first hundred. */
  get kept(): readonly Finding[] {
    return this.#kept
  }

  /** The first sequence that was changed; without one, the first that is missing; without one, the first unproven. */
  get firstBad(): bigint | undefined {
    return this.#firstBroken ?? this.#firstMissing ?? this.#firstUnproven
  }
}

const least = (a: bigint | undefined, b: bigint | undefined): bigint | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a
