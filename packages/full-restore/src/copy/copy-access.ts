import { type ArchiveIdentity, parseGoneName } from '@holdfast/archive'
import { DomainError } from '@holdfast/errors'
import { Broken, Chain, type ObjectName } from '@holdfast/full-backup'
import { FormatError, parseEpoch } from '@holdfast/merkle'
import { SourceInvalid } from '../errors.ts'
import type { SourceVisitor } from '../source.ts'
import { statedIn } from './stated.ts'

export interface AccessReading {
  readonly objects: readonly ObjectName[]
  readonly identity: ArchiveIdentity
  open(name: ObjectName): Promise<Buffer>
  isNamed(name: ObjectName): boolean
  readonly visit: SourceVisitor
}

const epochOf = ({ key }: ObjectName): string => key.split('/access/')[1]?.split('/')[0] ?? ''
const fileOf = ({ key }: ObjectName): string => (key.split('/').at(-1) ?? '').replace('.gz.age', '')

/** Every epoch of ACCESS there is, one after the other; segment by segment. */
export async function readAccess(reading: AccessReading): Promise<void> {
  const { objects } = reading
  const ours = objects.filter(({ kind }) => ['access', 'access_gone', 'access_note'].includes(kind))
  for (const epoch of [...new Set(ours.map(epochOf))].sort())
    await readEpoch(
      epoch,
      ours.filter((name) => epochOf(name) === epoch),
      reading,
    )
}

async function readEpoch(
  epoch: string,
  names: readonly ObjectName[],
  { identity, open, isNamed, visit }: AccessReading,
): Promise<void> {
  const notes = await Promise.all(
    names
      .filter(({ kind }) => kind === 'access_note')
      .map(async (name) => {
        const note = (await open(name)).toString('utf8')
        const stated = statedIn(name.key, note)
        if (stated.size !== name.first)
          throw SourceInvalid({ part: name.key, reason: `it states size ${stated.size}` })
        return { name, note, ...stated }
      }),
  )
  const roots = new Map<bigint, Uint8Array>()
  const wanted = new Set(notes.map(({ size }) => size))
  const chain = chainOf(epoch, identity, (size, root) => {
    if (wanted.has(size)) roots.set(size, root())
  })
  for (const name of partsOf(names)) {
    const bytes = await open(name)
    try {
      await chain.add(fileOf(name), bytes)
    } catch (error) {
      if (!(error instanceof Broken || error instanceof DomainError)) throw error
      throw SourceInvalid({ part: name.key, reason: error.message.replace(/\.$/, '') }, error)
    }
    await visit.accessPart?.(epoch, fileOf(name), bytes)
  }
  for (const { name, note, size, root, origin } of notes) {
    const found = roots.get(size)
    // It came there before the records it is about did.
    if (!found && !isNamed(name)) continue
    const reason = !found
      ? `it states a tree of ${size} records, and ${chain.size} are there`
      : Buffer.compare(found, root) !== 0
        ? 'it states another root than what is in this copy has'
        : origin.endsWith(`/access/${epoch}`)
          ? undefined
          : `it is of ${origin}`
    if (reason !== undefined) throw SourceInvalid({ part: name.key, reason })
    await visit.accessNote?.(epoch, size, note)
  }
}

/** In order; what a tombstone covers is gone, whatever is left of it. */
function partsOf(names: readonly ObjectName[]): readonly ObjectName[] {
  const parts = names.filter(({ kind }) => kind !== 'access_note')
  const gone = parts.filter((name) => parseGoneName(fileOf(name)))
  return parts
    .filter(
      (one) =>
        gone.includes(one) ||
        !gone.some(({ first, last }) => first <= one.first && one.last <= last),
    )
    .sort((a, b) => (a.first < b.first ? -1 : 1))
}

function chainOf(
  epoch: string,
  identity: ArchiveIdentity,
  onSize: (size: bigint, root: () => Uint8Array) => void,
): Chain {
  try {
    const { first } = parseEpoch(epoch)
    return new Chain({ ...identity, log: `access/${epoch}` }, first, (tree) =>
      onSize(tree.size, () => tree.root()),
    )
  } catch (error) {
    if (!(error instanceof FormatError)) throw error
    throw SourceInvalid({ part: `access/${epoch}`, reason: 'no epoch is called so' }, error)
  }
}
