import { createHash } from 'node:crypto'
import {
  type Compensators,
  type Counts,
  changesIn,
  countOne,
  noCounts,
  type ObjectChange,
  type RestoreService,
  restoreServices,
  type Scope,
} from './changes.ts'
import type { MadePlan, PlanReach, Warning } from './plan-store.ts'

/** Where nothing was measured yet: an ordinary command with its archive, one after the other (docs/restore.md). */
export const documentedMsPerChange = 8
/** The rollback point, and one round of every service. */
const fixedMs = 1_500
/** Each commit of the archive is read back for the rollback point. */
const msPerCommit = 0.013

export interface PlanTools {
  readonly compensators: Compensators
  /** Of the last restores, in ms; undefined: none was large enough. */
  pace(): Promise<number | undefined>
}

/** Asks each service in turn; `onChanges` keeps what they answer. */
export async function makePlan(
  { compensators, pace }: PlanTools,
  scope: Scope,
  headSequence: bigint,
  signal: AbortSignal,
  onChanges: (changes: readonly ObjectChange[]) => Promise<void>,
): Promise<MadePlan> {
  const sum = new PlanSum()
  const digests = new Map<RestoreService, string>()
  for (const service of restoreServices) {
    for await (const page of compensators.plan(service, scope, headSequence, signal)) {
      digests.set(service, page.digest)
      for (const change of page.changes) sum.add(change)
      await onChanges(page.changes)
    }
  }
  const measured = await pace()
  const work = changesIn(sum.counts) * (measured ?? documentedMsPerChange)
  return {
    headSequence,
    digest: planDigest(digests),
    counts: sum.counts,
    kinds: Object.fromEntries(sum.kinds),
    reach: sum.reach(),
    warnings: sum.warnings(),
    estimatedMs: Math.round(fixedMs + Number(headSequence) * msPerCommit + work),
    isMeasured: measured !== undefined,
  }
}

/** What a plan would change, in one text: the same for as long as every service would change the same things. */
export function planDigest(digests: ReadonlyMap<RestoreService, string>): string {
  const hash = createHash('sha256').update('holdfast-restore-plan/1')
  for (const service of restoreServices)
    hash.update(`\n${service} ${digests.get(service) ?? 'none'}`)
  return hash.digest('hex')
}

/** Only the digest, as services answer now. */
export async function digestNow(
  compensators: Compensators,
  scope: Scope,
  headSequence: bigint,
  signal: AbortSignal,
): Promise<string> {
  const digests = new Map<RestoreService, string>()
  for (const service of restoreServices) {
    // Each page has it: the first is enough.
    for await (const page of compensators.plan(service, scope, headSequence, signal)) {
      digests.set(service, page.digest)
      break
    }
  }
  return planDigest(digests)
}

const keyFields = /(^|\.)(private_key|public_key|preshared_key)$/
/** What peers of others are configured with: without it they do not find their way. */
const reachFields =
  /(^|\.)(public_key|preshared_key|private_key|allowed_ips|addresses|listen_port)$/

/** Counts and what ought to be known, of changes as they come. */
export class PlanSum {
  counts: Counts = noCounts
  readonly kinds = new Map<string, Counts>()
  readonly #nodes = new Map<string, number>()
  readonly #organizations = new Map<string, number>()
  #keys = 0
  #cutOff = 0
  #secondEyes = 0

  add(change: ObjectChange): void {
    this.counts = countOne(this.counts, change.change)
    this.kinds.set(change.kind, countOne(this.kinds.get(change.kind) ?? noCounts, change.change))
    if (change.change === 'blocked') return
    this.#reach(change)
    if (change.change === 'update' && change.fields.some(({ field }) => keyFields.test(field)))
      this.#keys += 1
    const isPeer = change.kind === 'peer' || change.kind === 'interface'
    const loses =
      change.change === 'delete' || change.fields.some(({ field }) => reachFields.test(field))
    if (isPeer && change.change !== 'create' && loses) this.#cutOff += 1
    if (change.kind === 'user') this.#secondEyes += 1
  }

  #reach({ service, kind, aggregateId, organizationId }: ObjectChange): void {
    const note = (map: Map<string, number>, id: string) => map.set(id, (map.get(id) ?? 0) + 1)
    if (service === 'network') note(this.#nodes, aggregateId.split('.')[0] ?? aggregateId)
    // A rule set is for every host of its organization.
    else if (service === 'rules' && organizationId !== '' && kind !== 'policy_test')
      note(this.#organizations, organizationId)
  }

  reach(): PlanReach {
    return {
      nodes: Object.fromEntries(this.#nodes),
      organizations: Object.fromEntries(this.#organizations),
    }
  }

  warnings(): readonly Warning[] {
    const { blocked } = this.counts
    const all: readonly Warning[] = [
      {
        code: 'blocked',
        count: blocked,
        detail: `${many(blocked, 'object')} cannot be brought back and will stay as ${blocked === 1 ? 'it is' : 'they are'}; the changes say why.`,
      },
      {
        code: 'keys_change',
        count: this.#keys,
        detail: `Keys of ${many(this.#keys, 'object')} become what they were: configurations handed out since will not work any more.`,
      },
      {
        code: 'peers_cut_off',
        count: this.#cutOff,
        detail: `${many(this.#cutOff, 'interface or peer', 'interfaces or peers')} will be removed or be reached another way: connections through them break.`,
      },
      {
        code: 'access_changes',
        count: this.#secondEyes,
        detail: `${many(this.#secondEyes, 'person', 'people')} will have other rights, or be able to sign in or not: look at them.`,
      },
    ]
    const found = all.filter(({ count }) => count > 0)
    if (changesIn(this.counts) > 0 || blocked > 0) return found
    return [
      { code: 'nothing', count: 0, detail: 'Everything is as it was then: nothing would change.' },
    ]
  }
}

const many = (count: number, one: string, more = `${one}s`): string =>
  `${count} ${count === 1 ? one : more}`
