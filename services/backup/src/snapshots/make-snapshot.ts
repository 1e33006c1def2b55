import { join } from 'node:path'
import { rfc3339 } from '@holdfast/domain'
import type { DataKeys } from '@holdfast/service'
import { type HeaderFacts, manifestJson, type Protection } from '@holdfast/snapshot'
import { version } from '@holdfast/telemetry'
import type { Contents } from '../domain/contents.ts'
import type { MakeOrder, Maker, MakeSurroundings } from '../jobs/maker.ts'
import type { Work } from '../work/work.ts'
import { type CollectParts, collectSnapshot } from './collect.ts'

export interface MakeSnapshotParts extends CollectParts {
  /** Of the kind `backup`. */
  readonly keys: DataKeys
  readonly work: Work
}

export interface SnapshotOrder {
  readonly backupId: string
  /** Empty: every organization. */
  readonly organizationId: string
  readonly contents: Contents
  readonly isEncrypted: boolean
  /** Empty: the instance key. */
  readonly passphrase: string
  readonly isCompressed: boolean
  readonly createdAtUnixMs: number
  /** Of its lines; unbounded when absent. */
  readonly maxBytes?: number
}

export interface MadeSnapshot {
  readonly path: string
  readonly bytes: number
  readonly sequence: bigint
  readonly manifest: string
}

/** Collects and seals; leaves one file in the directory, which is empty before. */
export async function makeSnapshot(
  parts: MakeSnapshotParts,
  order: SnapshotOrder,
  { directory, signal, reached }: MakeSurroundings,
): Promise<MadeSnapshot> {
  const contentPath = join(directory, 'content.jsonl')
  const { organizationId, contents, maxBytes } = order
  const { contentBytes, manifest } = await collectSnapshot(
    parts,
    {
      organizationId,
      contents,
      path: contentPath,
      ...(maxBytes === undefined ? {} : { maxBytes }),
    },
    signal,
  )
  await reached(30)
  const facts: HeaderFacts = {
    backupId: order.backupId,
    createdAt: rfc3339(order.createdAtUnixMs),
    version,
    isCompressed: order.isCompressed,
    contentBytes,
    manifest,
  }
  const path = join(directory, 'snapshot.hfsnap')
  const { bytes } = await parts.work.run(
    'snapshot.seal',
    {
      contentPath,
      storedPath: join(directory, 'content.gz'),
      path,
      facts,
      protection: await protectionFor(parts, order),
    },
    { signal, answers: { reached } },
  )
  return {
    path,
    bytes,
    sequence: manifest.sequence,
    manifest: JSON.stringify(manifestJson(manifest)),
  }
}

async function protectionFor(
  { keys, lineageId }: MakeSnapshotParts,
  { isEncrypted, passphrase, organizationId }: SnapshotOrder,
): Promise<Protection> {
  if (!isEncrypted) return { kind: 'none' }
  if (passphrase !== '') return { kind: 'passphrase', passphrase }
  const keyOwner = organizationId || lineageId
  const { id, key } = (await keys.of(keyOwner)).active
  return { kind: 'instance_key', key, keyId: id, keyOwner }
}

/** Makes the snapshots of backup jobs. */
export const snapshotMaker = (parts: MakeSnapshotParts): Maker => ({
  async make(order: MakeOrder, surroundings) {
    const made = await makeSnapshot(parts, { ...order, isCompressed: true }, surroundings)
    return { path: made.path, sequence: made.sequence, manifest: made.manifest, recipients: [] }
  },
})
