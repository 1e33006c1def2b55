import { isDataError, type Session } from '@holdfast/postgres'
import { CheckpointMoved } from './errors.ts'
import { type Poison, writeFolded } from './fold.ts'
import { advance } from './ledger.ts'
import { type Part, planPart } from './target.ts'

const statementTimeoutMs = 300_000

/**
 * Writes the rows of a batch and moves its checkpoints, in one transaction. Returns what each halted target
 * halted at.
 *
 * When Postgres refuses the data, each target's commits are written one by one, so that the others go on and
 * the culprit has a sequence.
 */
export async function writeBatch(
  session: Session,
  service: string,
  parts: readonly Part[],
): Promise<ReadonlyMap<Part['target'], Poison>> {
  const halted = new Map<Part['target'], Poison>()
  const going = parts.filter(({ target }) => !target.isHalted)
  try {
    await writeParts(session, service, going)
    for (const { target, poison } of going) if (poison) halted.set(target, poison)
  } catch (error) {
    if (!isDataError(error)) throw error
    for (const part of going) {
      const poison = await writeOneByOne(session, service, part)
      if (poison) halted.set(part.target, poison)
    }
  }
  return halted
}

async function writeParts(
  session: Session,
  service: string,
  parts: readonly Part[],
): Promise<void> {
  const moving = parts.filter(({ from, to }) => to.sequence > from.sequence)
  if (moving.length === 0) return
  await session.tx(
    async (tx) => {
      for (const { target, folded } of moving) await writeFolded(tx, target.build.schema, folded)
      const moves = moving.map(({ target, from, to }) => ({ build: target.build, from, to }))
      if (!(await advance(tx, service, moves))) throw CheckpointMoved({ service })
    },
    { statementTimeoutMs },
  )
  for (const { target, to } of moving) target.checkpoint = to
}

async function writeOneByOne(
  session: Session,
  service: string,
  part: Part,
): Promise<Poison | undefined> {
  const { target } = part
  const { planned } = target
  for (const commit of part.commits) {
    target.planned = target.checkpoint
    const single = planPart(target, [commit])
    if (!single) continue
    if (single.poison) return single.poison
    try {
      await writeParts(session, service, [single])
    } catch (error) {
      if (!isDataError(error)) throw error
      return { sequence: commit.sequence, error }
    }
  }
  // The batch after this one may be folded already.
  target.planned = planned
  return undefined
}
