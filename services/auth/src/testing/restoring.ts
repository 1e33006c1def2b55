import { newId } from '@holdfast/domain'
import { holdfast } from '@holdfast/proto'
import type { Clients } from './auth-process.ts'

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

/** What became of the objects that did not stay as they were: `<kind> <outcome or code>`, by id. */
export type Outcomes = ReadonlyMap<string, string>

const actorOf = (id: string) => ({ kind: 1, id, method: 1 })

const scopeOf = ({ to, head, kinds = [], organizationId = '', actorId }: RestoreWish) => ({
  toSequence: Number(to),
  headSequence: Number(head),
  kinds: [...kinds],
  organizationId,
  actorId,
})

/** What a restore would do, as backup asks for it: by id, `<kind> <change or code>`. */
export async function planned(
  { compensation }: Pick<Clients, 'compensation'>,
  wish: RestoreWish,
): Promise<Outcomes> {
  const found = new Map<string, string>()
  for (let cursor = ''; ; ) {
    const scope = scopeOf(wish)
    const { changes, nextCursor } = await compensation.planCompensation({ scope, cursor, limit: 7 })
    for (const { kind, id, change, code } of changes) {
      found.set(id ?? '', `${kind} ${code || change}`)
    }
    if (nextCursor === '') return found
    cursor = nextCursor
  }
}

/** Carries a restore out, as backup does. */
export async function restore(
  { compensation }: Pick<Clients, 'compensation'>,
  wish: RestoreWish,
): Promise<Outcomes> {
  const restoreId = wish.id ?? newId<string>()
  const found = new Map<string, string>()
  for (const phase of [COMPENSATION_PHASE_REMOVE, COMPENSATION_PHASE_BRING]) {
    for (let cursor = ''; ; ) {
      const { objects, nextCursor } = await compensation.applyCompensation({
        restoreId,
        scope: scopeOf(wish),
        phase,
        actor: actorOf(wish.actorId),
        reason: 'a test',
        cursor,
        limit: 7,
      })
      for (const { kind, id, outcome, code } of objects) {
        found.set(id ?? '', `${kind} ${code || outcome}`)
      }
      if (nextCursor === '') break
      cursor = nextCursor
    }
  }
  return found
}

/** Takes one commit back. Answers the sequence of the commit that did; 0: nothing was left of it. */
export async function undo(
  { compensation }: Pick<Clients, 'compensation'>,
  sequence: bigint,
  actorId: string,
): Promise<bigint> {
  const answer = await compensation.applyUndo({
    undoId: newId<string>(),
    sequence: Number(sequence),
    actor: actorOf(actorId),
    reason: 'a test',
  })
  return BigInt(answer.sequence)
}
