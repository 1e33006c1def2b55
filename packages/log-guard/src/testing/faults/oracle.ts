import { readFile } from 'node:fs/promises'
import { scanArchive } from '@holdfast/archive'
import { leafHash } from '@holdfast/merkle'
import { decodeSlot } from '../../position-file.ts'
import type { World } from './world.ts'

const width = 100

/**
 * The first sequence that is lost, found without the engine: every sequence anybody was told of, or that
 * the position file knows, has to be readable in one of the copies. Undefined when nothing is lost.
 */
export async function firstLost(world: World): Promise<bigint | undefined> {
  const { history, admin, spec, archiveDirectory, positionFile } = world
  const known = await knownPosition(positionFile)
  const end = known > history.end ? known : history.end
  const isRight = (sequence: bigint, hash: Uint8Array): boolean => {
    const shown = history.shownAt(sequence)
    return !shown || shown.hash === Buffer.from(hash).toString('hex')
  }
  const archived = new Set<bigint>()
  await scanArchive(archiveDirectory, {
    onCommit({ sequence }, leaf) {
      if (isRight(sequence, leaf)) archived.add(sequence)
    },
  })
  const isStored = async (sequence: bigint): Promise<boolean> => {
    const found = await admin.link.api.message(spec.stream, sequence)
    if (!found) return false
    const { subject, commitId: messageId, bytes: payload } = found
    return isRight(sequence, leafHash({ sequence, subject, messageId, payload }))
  }
  for (let from = 1n; from <= end; from += BigInt(width)) {
    const asked = Array.from({ length: width }, (_, i) => from + BigInt(i)).filter(
      (sequence) => sequence <= end && !archived.has(sequence),
    )
    const stored = await Promise.all(asked.map(isStored))
    const lost = asked[stored.indexOf(false)]
    if (lost !== undefined) return lost
  }
  return undefined
}

async function knownPosition(path: string): Promise<bigint> {
  const content = await readFile(path).catch(() => Buffer.alloc(0))
  let known = 0n
  for (const at of [0, 512]) {
    const read = decodeSlot(content.subarray(at, at + 512))
    if (read && read.position.sequence > known) known = read.position.sequence
  }
  return known
}
