import { newId } from '@holdfast/domain'
import { type CompensationService, holdfast } from '@holdfast/proto'
import type { Answer, Wish } from '@holdfast/service'

// What backup asks of a service, for tests.

type Service = typeof CompensationService
type Rpc<K extends keyof Service> = (request: Wish<Service[K]>) => Promise<Answer<Service[K]>>

export interface Restorer {
  readonly planCompensation: Rpc<'planCompensation'>
  readonly applyCompensation: Rpc<'applyCompensation'>
  readonly applyUndo: Rpc<'applyUndo'>
}

const { COMPENSATION_PHASE_BRING, COMPENSATION_PHASE_REMOVE } = holdfast.ops.v1.CompensationPhase

export interface RestoreWish {
  readonly to: bigint
  readonly head: bigint
  /** The user who asks for it. */
  readonly actorId: string
  readonly kinds?: readonly string[]
  readonly organizationId?: string
  readonly id?: string
}

/** By id: the kind, and what becomes of it: `site created`, `user restore.person_erased`. */
export type Outcomes = ReadonlyMap<string, string>

const actorOf = (id: string) => ({ kind: 1, id, method: 1 })

const scopeOf = ({ to, head, kinds = [], organizationId = '', actorId }: RestoreWish) => ({
  toSequence: Number(to),
  headSequence: Number(head),
  kinds: [...kinds],
  organizationId,
  actorId,
})

/** What a restore would do. */
export async function planned(
  service: Pick<Restorer, 'planCompensation'>,
  wish: RestoreWish,
): Promise<Outcomes> {
  const found = new Map<string, string>()
  for (let cursor = ''; ; ) {
    const scope = scopeOf(wish)
    const { changes, nextCursor } = await service.planCompensation({ scope, cursor, limit: 7 })
    for (const { kind, id, change, code } of changes ?? []) {
      found.set(id ?? '', `${kind} ${code || change}`)
    }
    if (!nextCursor) return found
    cursor = nextCursor
  }
}

/** Carries a restore out, page by page. */
export async function restore(
  service: Pick<Restorer, 'applyCompensation'>,
  wish: RestoreWish,
): Promise<Outcomes> {
  const restoreId = wish.id ?? newId<string>()
  const found = new Map<string, string>()
  for (const phase of [COMPENSATION_PHASE_REMOVE, COMPENSATION_PHASE_BRING]) {
    for (let cursor = ''; ; ) {
      const { objects, nextCursor } = await service.applyCompensation({
        restoreId,
        scope: scopeOf(wish),
        phase,
        actor: actorOf(wish.actorId),
        reason: 'a test',
        cursor,
        limit: 7,
      })
      for (const { kind, id, outcome, code } of objects ?? []) {
        found.set(id ?? '', `${kind} ${code || outcome}`)
      }
      if (!nextCursor) break
      cursor = nextCursor
    }
  }
  return found
}

/** Takes one commit back. Answers the sequence of the commit that did; 0: nothing was left of it. */
export async function undo(
  service: Pick<Restorer, 'applyUndo'>,
  sequence: bigint,
  actorId: string,
): Promise<bigint> {
  const answer = await service.applyUndo({
    undoId: newId<string>(),
    sequence: Number(sequence),
    actor: actorOf(actorId),
    reason: 'a test',
  })
  return BigInt(answer.sequence ?? 0)
}
