import { gzipSync } from 'node:zlib'
import { endLine, recordLine, sectionLine } from '../content.ts'
import { openSnapshot, type Source, snapshotContent } from '../open-snapshot.ts'
import type { SnapshotKey } from '../protection.ts'
import { type Fixed, type HeaderFacts, type Protection, sealSnapshot } from '../seal-snapshot.ts'
import type { Manifest } from '../snapshot-header.ts'

export const sourceOf = (bytes: Uint8Array): Source => ({
  size: bytes.length,
  read: (offset, length) => {
    if (offset + length > bytes.length) throw new RangeError('beyond the end')
    return Promise.resolve(bytes.subarray(offset, offset + length))
  },
})

/** Records by contributor and organization, in their order. */
export type Things = readonly (readonly [
  contributor: string,
  organization: string,
  records: readonly object[],
])[]

export const manifestOf = (things: Things): Manifest => ({
  lineageId: '01930000-0000-7000-8000-000000000001',
  rootKeyFingerprint: '0123456789abcdef0123456789abcdef',
  sequence: 42n,
  contents: { devices: true, users: false, automation: true },
  organizations: [...new Set(things.map(([, name]) => name))].map((name) => ({
    name,
    description: '',
  })),
  contributors: [...new Set(things.map(([name]) => name))].map((name) => ({
    name,
    major: 1,
    minor: 0,
    domain: 'core',
    after: [],
  })),
  sections: things
    .filter(([, , records]) => records.length > 0)
    .map(([contributor, organization, records]) => ({
      contributor,
      organization,
      records: records.length,
      sequence: 42n,
    })),
})

export const linesOf = (things: Things): string =>
  [
    ...things
      .filter(([, , records]) => records.length > 0)
      .map(
        ([contributor, organization, records]) =>
          sectionLine(contributor, organization) +
          records.map((record) => recordLine(JSON.stringify(record))).join(''),
      ),
    endLine(things.reduce((sum, [, , records]) => sum + records.length, 0)),
  ].join('')

export interface Making {
  readonly protection?: Protection
  readonly isCompressed?: boolean
  readonly fixed?: Fixed
  /** Other than they are. */
  readonly facts?: Partial<HeaderFacts>
  readonly content?: Uint8Array
}

export async function make(things: Things, making: Making = {}): Promise<Uint8Array> {
  const { protection = { kind: 'none' }, isCompressed = true, fixed, facts } = making
  const content = making.content ?? Buffer.from(linesOf(things))
  const stored = isCompressed ? gzipSync(content) : content
  const chunks: Uint8Array[] = []
  const patches: [number, Uint8Array][] = []
  await sealSnapshot(
    {
      backupId: '01930000-0000-7000-8000-0000000000aa',
      createdAt: '2026-11-21T21:00:00.000Z',
      version: '0.1.0',
      isCompressed,
      contentBytes: content.length,
      manifest: manifestOf(things),
      ...facts,
    },
    {
      bytes: stored.length,
      async *chunks() {
        for (let at = 0; at < stored.length; at += 1000) {
          yield await Promise.resolve(stored.subarray(at, at + 1000))
        }
      },
    },
    protection,
    {
      write: async (bytes) => void chunks.push(bytes.slice()),
      writeAt: async (offset, bytes) => void patches.push([offset, bytes.slice()]),
    },
    fixed,
  )
  const whole = new Uint8Array(Buffer.concat(chunks))
  for (const [offset, bytes] of patches) whole.set(bytes, offset)
  return whole
}

export async function readAll(
  bytes: Uint8Array,
  key?: SnapshotKey,
  maxBytes = 10 * 1024 * 1024,
): Promise<Things> {
  const source = sourceOf(bytes)
  const opened = await openSnapshot(source, { maxBytes })
  const found: [string, string, object[]][] = []
  for await (const item of snapshotContent(source, opened, key, { maxBytes })) {
    if (item.type === 'section') {
      const section = opened.header.manifest.sections[item.index]
      if (!section) throw new Error('a section that is not there')
      found.push([section.contributor, section.organization, []])
    } else found.at(-1)?.[2].push(JSON.parse(item.json) as object)
  }
  return found
}
