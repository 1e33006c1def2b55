import { type FileHandle, open } from 'node:fs/promises'
import type { Postgres } from '@holdfast/postgres'
import {
  endLine,
  type Manifest,
  type ManifestSection,
  manifestLimits,
  recordLine,
  SnapshotTooLarge,
  sectionLine,
} from '@holdfast/snapshot'
import type { Contents } from '../domain/contents.ts'
import type { RootKeyNames } from '../guard/root-keys.ts'
import { type OrganizationView, organizationsFor } from '../queries/organizations.ts'
import type { Directory, KnownContributor } from './directory.ts'
import { OrganizationGone } from './snapshot-errors.ts'

export interface CollectParts {
  readonly directory: Directory
  readonly postgres: Postgres
  readonly lineageId: string
  readonly rootKeys: RootKeyNames
  /** Waits until the read models include everything that is safe; answers as of what. */
  caughtUp(): Promise<bigint>
}

export interface CollectWish {
  /** Empty: every organization. */
  readonly organizationId: string
  readonly contents: Contents
  /** Made anew, mode 0600. */
  readonly path: string
  /** Of the lines; unbounded when absent. */
  readonly maxBytes?: number
}

export interface Collected {
  readonly contentBytes: number
  readonly manifest: Manifest
}

const pageRecords = 1_000
const collectTimeoutMs = 120_000
const bufferBytes = 256 * 1024

/**
 * Asks every contributor for its records, organization by organization, and writes them down as they come. All of it is
 * asked for as of one commit; the manifest says what each section is as of, and the earliest of them for the whole.
 */
export async function collectSnapshot(
  parts: CollectParts,
  wish: CollectWish,
  signal: AbortSignal,
): Promise<Collected> {
  const head = await parts.caughtUp()
  const organizations = distinctlyNamed(await organizationsFor(parts.postgres, wish.organizationId))
  if (wish.organizationId !== '' && organizations.length === 0) {
    throw OrganizationGone({ organization: wish.organizationId })
  }
  const all = await parts.directory.contributors(signal)
  const contributors = all.filter(({ domain }) => domain === 'core' || wish.contents[domain])
  const sections: ManifestSection[] = []
  const lines = await openLines(wish.path, wish.maxBytes)
  try {
    let records = 0
    for (const organization of organizations) {
      for (const contributor of contributors) {
        const section = await collectSection(contributor, organization, head, lines, signal)
        if (section.records > 0) sections.push(section)
        records += section.records
      }
    }
    await lines.write(endLine(records))
    // What no import would take is not made.
    const counts = { organizations: organizations.length, sections: sections.length, records }
    for (const what of ['organizations', 'sections', 'records'] as const) {
      if (counts[what] <= manifestLimits[what]) continue
      throw SnapshotTooLarge({ what: `It would have more than ${manifestLimits[what]} ${what}` })
    }
  } finally {
    await lines.close()
  }
  const sequence = sections.reduce(
    (least, one) => (one.sequence < least ? one.sequence : least),
    head,
  )
  return {
    contentBytes: lines.bytes(),
    manifest: {
      lineageId: parts.lineageId,
      rootKeyFingerprint: parts.rootKeys.present,
      sequence,
      contents: wish.contents,
      organizations: organizations.map(({ name, description }) => ({ name, description })),
      contributors: contributors.map(({ name, major, minor, domain, after }) => ({
        name,
        major,
        minor,
        domain,
        after,
      })),
      sections,
    },
  }
}

/**
 * Organizations may have one name here, and line separators in it; in a snapshot a name is one line and tells one from
 * another. No tenant makes the snapshot of all unreadable by what it calls itself.
 */
export function distinctlyNamed(
  organizations: readonly OrganizationView[],
): readonly OrganizationView[] {
  const oneLine = (text: string): string => text.replaceAll(/[\u2028\u2029]/g, ' ')
  const taken = new Set(organizations.map(({ name }) => oneLine(name)))
  const given = new Set<string>()
  return organizations.map((one) => {
    const plain = oneLine(one.name)
    let name = plain
    for (let nth = 2; given.has(name) || (name !== plain && taken.has(name)); nth++) {
      name = `${[...plain].slice(0, 120).join('')} (${nth})`
    }
    given.add(name)
    return { ...one, name, description: oneLine(one.description) }
  })
}

async function collectSection(
  { name, client }: KnownContributor,
  organization: OrganizationView,
  head: bigint,
  lines: Lines,
  signal: AbortSignal,
): Promise<ManifestSection> {
  let cursor = ''
  let records = 0
  let sequence: bigint | undefined
  do {
    signal.throwIfAborted()
    const asked = {
      contributor: name,
      organizationId: organization.id,
      cursor,
      limit: pageRecords,
      atSequence: Number(head),
    }
    const page = await client.collect(asked, { signal, timeoutMs: collectTimeoutMs })
    if (page.nextCursor !== '' && page.records.length === 0) {
      throw new Error(`${name} answered an empty page that is not the last`)
    }
    if (records === 0 && page.records.length > 0) {
      await lines.write(sectionLine(name, organization.name))
    }
    for (const record of page.records) await lines.write(recordLine(record))
    records += page.records.length
    const asOf = BigInt(page.sequence)
    if (sequence === undefined || asOf < sequence) sequence = asOf
    cursor = page.nextCursor
  } while (cursor !== '')
  return { organization: organization.name, contributor: name, records, sequence: sequence ?? 0n }
}

interface Lines {
  write(line: string): Promise<void>
  close(): Promise<void>
  bytes(): number
}

async function openLines(path: string, maxBytes = Number.POSITIVE_INFINITY): Promise<Lines> {
  const file: FileHandle = await open(path, 'wx', 0o600)
  let held: string[] = []
  let heldBytes = 0
  let bytes = 0

  async function flush(): Promise<void> {
    if (held.length === 0) return
    const text = held.join('')
    held = []
    heldBytes = 0
    await file.writeFile(text)
  }

  return {
    bytes: () => bytes,
    async write(line) {
      const length = Buffer.byteLength(line)
      bytes += length
      heldBytes += length
      held.push(line)
      if (bytes > maxBytes) {
        throw SnapshotTooLarge({
          what: `What is to be exported is larger than ${Math.floor(maxBytes / 1024 ** 2)} MiB`,
        })
      }
      if (heldBytes >= bufferBytes) await flush()
    },
    async close() {
      try {
        await flush()
      } finally {
        await file.close()
      }
    },
  }
}
