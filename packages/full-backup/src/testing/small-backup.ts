import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type ArchivedCommit,
  openAccessArchive,
  openArchive,
  writeCheckpointNote,
  writeNoteIn,
} from '@holdfast/archive'
import {
  ageSeal,
  generateAgePair,
  generateRootKey,
  loadRootKey,
  recoveryIdentity,
  rootKeyFingerprint,
} from '@holdfast/crypto'
import {
  formatCheckpoint,
  formatOrigin,
  formatTreeOrigin,
  leafHash,
  type Signer,
  signer,
  signNote,
  TreeHead,
} from '@holdfast/merkle'
import { afterAll } from 'vitest'
import { keysetDocument, keysetHash, packKeyset } from '../keyset.ts'
import { type BundleInput, type MadeBundle, makeBundle } from '../make-bundle.ts'

export const lineageId = '01930000-0000-7000-8000-000000000001'
export const createdAtUnixMs = Date.UTC(2026, 3, 23, 3, 0, 1)
const epoch = { begunAtUnixMs: 1_780_000_000_000, first: 11n }

/** The keys of an instance and of whoever operates it. */
const rootKeyText = generateRootKey()
export const rootKey = loadRootKey({ reveal: () => rootKeyText })
export const derived = recoveryIdentity(rootKey)
export const operator = generateAgePair()
const fingerprint = rootKeyFingerprint(rootKey)

export function commitOf(sequence: bigint, text = ''): ArchivedCommit {
  const messageId = `id-${sequence}${text}`
  return {
    sequence,
    subject: `evt.network.interface.${sequence % 3n}`,
    messageId,
    headers: Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${messageId}\r\n\r\n`),
    payload: Buffer.from(`commit ${sequence} ${text}`),
    storedAtUnixNs: sequence * 1_000_000_000n,
  }
}
const commits = (from: number, to: number, text?: string) =>
  Array.from({ length: to - from + 1 }, (_, at) => commitOf(BigInt(from + at), text))

const checkpoint = (
  origin: string,
  by: Signer,
  all: readonly ArchivedCommit[],
  extension?: string,
) => {
  const tree = TreeHead.empty()
  for (const commit of all) tree.append(leafHash(commit))
  return signNote(
    formatCheckpoint({
      origin,
      size: tree.size,
      root: tree.root(),
      extensions: extension === undefined ? [] : [extension],
    }),
    by,
  )
}

const made: string[] = []
afterAll(async () => {
  for (const directory of made.splice(0)) await rm(directory, { recursive: true, force: true })
})

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-full-'))
  made.push(directory)
  return directory
}

export interface SmallArchive {
  readonly lineage?: string
  readonly generation?: number
  /** Makes other commits. */
  readonly text?: string
  readonly withAccess?: boolean
  readonly withNotes?: boolean
}

/** An archive of 9 commits, the last three not sealed, and five records of ACCESS. */
export async function smallArchive(options: SmallArchive = {}): Promise<string> {
  const { lineage = lineageId, generation = 1, text, withAccess = true, withNotes = true } = options
  const directory = await temporary()
  const identity = { lineageId: lineage, generation, rootKeyFingerprint: fingerprint }
  const archive = await openArchive({ directory, identity })
  for (const [from, to] of [
    [1, 3],
    [4, 6],
  ] as const) {
    await archive.append(commits(from, to, text))
    await archive.seal()
  }
  await archive.append(commits(7, 9, text))
  await archive.close()
  const origin = formatOrigin({ lineageId: lineage, generation })
  const by = signer(origin, new Uint8Array(32).fill(7))
  if (withNotes)
    await writeCheckpointNote(directory, lineage, 5n, checkpoint(origin, by, commits(1, 5, text)))
  if (withAccess) {
    const access = await openAccessArchive({ directory, identity, epoch })
    await access.append(commits(11, 15))
    const tree = formatTreeOrigin({ lineageId: lineage, generation, access: epoch })
    const note = checkpoint(
      tree,
      signer(tree, new Uint8Array(32).fill(8)),
      commits(11, 15),
      'log 5',
    )
    await writeNoteIn(access.directory, 5n, note)
  }
  return directory
}

const keysetOf = () => {
  const contents = Buffer.from(JSON.stringify({ format: 1, fingerprint }))
  return {
    rootKeyFingerprint: fingerprint,
    destroyed: [],
    files: [{ path: 'root-key.json', contents: new Uint8Array(contents) }],
  }
}

/** What a backup of that archive is made of. */
export async function smallInput(
  archive: string,
  change: Partial<BundleInput> = {},
): Promise<BundleInput> {
  const recipients = [derived.recipient, operator.recipient]
  const document = keysetDocument(keysetOf())
  return {
    directory: await temporary(),
    archive,
    identity: { lineageId, generation: 1, rootKeyFingerprint: fingerprint },
    lastSequence: 9n,
    createdAtUnixMs,
    version: '0.1.0',
    recipients,
    keyset: {
      file: await ageSeal(recipients, packKeyset(document)),
      sha256: keysetHash(document),
      destroyedSequence: 0n,
      keys: 1,
    },
    rootKey: await ageSeal([operator.recipient], Buffer.from(`${rootKeyText}\n`)),
    passphrase: new Uint8Array(),
    async *config() {
      yield { name: 'environment.env', mode: 0o600, content: Buffer.from('HOLDFAST_MODE=home\n') }
    },
    async *tables() {
      yield { table: 'notify.deliveries', migration: 3, rows: ['{"id":1}', '{"id":2}'] }
      yield { table: 'notify.deliveries', migration: 3, rows: ['{"id":3}'] }
    },
    signal: new AbortController().signal,
    reached: async () => {},
    ...change,
  }
}

export interface SmallBackup {
  readonly made: MadeBundle
  readonly bytes: Buffer
}

export async function smallBackup(
  options: SmallArchive = {},
  change: Partial<BundleInput> = {},
): Promise<SmallBackup> {
  const made = await makeBundle(await smallInput(await smallArchive(options), change))
  return { made, bytes: await readFile(made.path) }
}
