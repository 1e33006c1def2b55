import type { BundleManifest } from '../bundle-manifest.ts'
import { BundleInvalid } from '../errors.ts'
import { manifestName, names, sumsName } from '../member.ts'
import type { ExpectedMember } from './sums.ts'

/** What is listed has to be what the manifest tells of: nothing more, nothing less. */
export function requireWhole(manifest: BundleManifest, expected: readonly ExpectedMember[]): void {
  const listed = new Map(expected.map(({ member }) => [member.name, member]))
  const epochs = new Set(expected.flatMap(({ member }) => member.epoch ?? []))
  const skips = new Set(manifest.missing.map(({ part }) => names.skip(part)))
  const tables = new Set(manifest.tables.map(({ name }) => names.table(name)))
  const bad = (member: string, reason: string) => BundleInvalid({ member, reason })
  const require = (name: string): void => {
    if (!listed.has(name)) throw bad(name, 'it is missing, and nothing says why')
  }
  require(names.keyset)
  for (const part of [names.rootKey, names.config]) if (!skips.has(names.skip(part))) require(part)
  for (const name of [...tables, ...skips]) require(name)
  const notes = (epoch?: string): number =>
    expected.filter(
      ({ member }) =>
        !member.isSkip && member.kind.endsWith('checkpoint') && member.epoch === epoch,
    ).length
  const requireNotes = (told: number, found: number, of: string): void => {
    if (told !== found)
      throw bad(manifestName, `it tells of ${told} checkpoints of ${of}, and there are ${found}`)
  }
  requireNotes(manifest.checkpoints, notes(), 'the log')
  for (const { epoch, checkpoints } of manifest.access) {
    if (!epochs.has(epoch)) throw bad(manifestName, `it tells of access ${epoch}, which is missing`)
    requireNotes(checkpoints, notes(epoch), `access ${epoch}`)
  }
  for (const { member } of expected) {
    const { name, kind, isSkip, epoch } = member
    const isTold =
      (isSkip && skips.has(name)) ||
      (!isSkip && kind !== 'table' && epoch === undefined) ||
      tables.has(name) ||
      (epoch !== undefined && manifest.access.some((one) => one.epoch === epoch))
    if (!isTold) throw bad(name, `${sumsName} lists it, and ${manifestName} does not tell of it`)
    if (!isSkip && skips.has(names.skip(name)))
      throw bad(name, 'it is there, though the manifest says that it is missing')
  }
  const kinds = new Set(
    expected.filter(({ member }) => !member.isSkip).map(({ member }) => member.kind),
  )
  for (const [part, kind] of [
    ['checkpoints', 'checkpoint'],
    ['access', 'access'],
  ] as const)
    if (kinds.has(kind) === skips.has(names.skip(part)))
      throw bad(
        part,
        kinds.has(kind)
          ? 'it is there and said to be missing'
          : 'it is missing, and nothing says why',
      )
}
