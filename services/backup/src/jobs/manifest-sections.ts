import type { holdfast } from '@holdfast/proto'

type Section = holdfast.backup.v1.ManifestSection.$Properties

/** A contributor as it is in this instance. */
export interface Reader {
  readonly name: string
  readonly major: number
  readonly minor: number
  /** Schemas it can still read. */
  readonly readsMajors: readonly number[]
}

interface SnapshotManifest {
  readonly contributors: readonly { name: string; major: number; minor: number }[]
  readonly sections: readonly { organization: string; contributor: string; records: number }[]
}

/** What a backup's own manifest says is in it, and whether this instance could read it. Ours, so it is taken as it is. */
export function manifestSections(manifest: string, readers: readonly Reader[]): readonly Section[] {
  const parsed: unknown = manifest === '' ? {} : JSON.parse(manifest)
  if (typeof parsed !== 'object' || parsed === null) return []
  if ('last_sequence' in parsed)
    return [
      {
        name: 'log',
        organization: '',
        records: Number(parsed.last_sequence),
        status: 'restorable',
        schema: '',
      },
    ]
  if (!('sections' in parsed)) return []
  const { contributors, sections } = parsed as SnapshotManifest // as: packages/snapshot wrote it
  const status = (name: string): string => {
    const made = contributors.find((one) => one.name === name)
    const reader = readers.find((one) => one.name === name)
    if (!reader || !made) return 'unknown_contributor'
    const reads = reader.major === made.major || reader.readsMajors.includes(made.major)
    return reads ? 'restorable' : 'schema_mismatch'
  }
  return sections.map(({ organization, contributor, records }) => {
    const made = contributors.find((one) => one.name === contributor)
    return {
      ...{ organization, records },
      name: contributor,
      status: status(contributor),
      schema: made ? `${made.major}.${made.minor}` : '',
    }
  })
}

/** Of the root key of the instance that made the backup; empty when it does not say. */
export function keyFingerprintIn(manifest: string): string {
  const parsed: unknown = manifest === '' ? {} : JSON.parse(manifest)
  const isNamed = typeof parsed === 'object' && parsed !== null && 'root_key_fingerprint' in parsed
  return isNamed ? `${parsed.root_key_fingerprint}` : ''
}
