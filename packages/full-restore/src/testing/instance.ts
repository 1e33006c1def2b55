import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  type Archive,
  type ArchivedCommit,
  disk,
  openAccessArchive,
  openArchive,
  readCheckpointNotes,
  sealedSegments,
  writeCheckpointNote,
  writeNoteIn,
} from '@holdfast/archive'
import {
  type AgePair,
  ageSeal,
  encryptTo,
  generateAgePair,
  generateRootKey,
  keyRing,
  loadRootKey,
  printRootKeyFile,
  type RootKey,
  recoveryIdentity,
  rootKeyFingerprint,
  seal,
  wrapKey,
} from '@holdfast/crypto'
import { uuidV5 } from '@holdfast/domain'
import { encodeCommit } from '@holdfast/event-log'
import {
  configTar,
  type Keyset,
  keysetDocument,
  keysetHash,
  makeBundle,
  type ObjectName,
  objectKeys,
  packKeyset,
} from '@holdfast/full-backup'
import {
  formatCheckpoint,
  formatOrigin,
  formatTreeOrigin,
  leafHash,
  type Signer,
  signer,
  signManifest,
  signNote,
  TreeHead,
} from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'

// An instance as a restore sees it: an archive of real commits, a key store under a root key, what else is backed up.

export const lineageId = '01930000-0000-7000-8000-000000000001'
const epoch = { begunAtUnixMs: 1_780_000_000_000, first: 11n }
export const createdAtUnixMs = Date.UTC(2026, 3, 23, 3, 0, 1)
const firstAtUnixUs = 1_776_000_000_000_000n

export interface TestInstance {
  readonly root: string
  readonly archive: string
  readonly rootKey: RootKey
  readonly rootKeyText: string
  readonly fingerprint: string
  readonly derived: AgePair
  readonly operator: AgePair
  readonly keyset: Keyset
  readonly commits: readonly ArchivedCommit[]
  readonly by: Signer
  /** Over the first `size`. */
  rootAt(size: number): Uint8Array
}

export interface InstanceOptions {
  readonly commits?: number
  readonly lineage?: string
  readonly generation?: number
  readonly rootKeyText?: string
  /** Makes other commits. */
  readonly text?: string
  /** Root keys before it. */
  readonly former?: readonly RootKey[]
  /** Files more in the key store. */
  readonly files?: Readonly<Record<string, string>>
}

/** Commit `n` was decided n seconds after the first. */
export const timeOf = (sequence: number): bigint => firstAtUnixUs + BigInt(sequence) * 1_000_000n

export async function testInstance(options: InstanceOptions = {}): Promise<TestInstance> {
  const { commits: count = 40, lineage = lineageId, generation = 1, text = '' } = options
  const root = await mkdtemp(join(tmpdir(), 'holdfast-restore-'))
  const archiveDir = join(root, 'archive')
  const rootKeyText = options.rootKeyText ?? generateRootKey()
  const rootKey = loadRootKey({ reveal: () => rootKeyText })
  const fingerprint = rootKeyFingerprint(rootKey)
  const privateKey = new Uint8Array(createHash('sha256').update(`log ${lineage}`).digest())
  const by = signer(formatOrigin({ lineageId: lineage, generation }), privateKey)
  const keyset = keysetOf({
    ...{ lineage, generation, rootKey, privateKey, by, files: options.files },
    former: options.former ?? [],
  })
  const all = Array.from({ length: count }, (_, at) =>
    commitOf({ n: at + 1, lineage, generation, publicKey: by.key.publicKey, text }),
  )
  const identity = { lineageId: lineage, generation, rootKeyFingerprint: fingerprint }
  const archive = await openArchive({ directory: archiveDir, identity })
  await fill(archive, all)
  const rootAt = (size: number): Uint8Array => {
    const tree = TreeHead.empty()
    for (const commit of all.slice(0, size)) tree.append(leafHash(commit))
    return tree.root()
  }
  const origin = formatOrigin({ lineageId: lineage, generation })
  for (const size of [Math.floor(count / 2), count - 1])
    await writeCheckpointNote(
      archiveDir,
      lineage,
      BigInt(size),
      signNote(
        formatCheckpoint({ origin, size: BigInt(size), root: rootAt(size), extensions: [] }),
        by,
      ),
    )
  await accessOf(archiveDir, identity, privateKey)
  return {
    ...{ root, archive: archiveDir, rootKey, rootKeyText, fingerprint, keyset, by, rootAt },
    ...{ commits: all, derived: recoveryIdentity(rootKey), operator: generateAgePair() },
  }
}

async function fill(archive: Archive, all: readonly ArchivedCommit[]): Promise<void> {
  const third = Math.floor(all.length / 3)
  await archive.append(all.slice(0, third))
  await archive.seal()
  await archive.append(all.slice(third, 2 * third))
  await archive.seal()
  await archive.append(all.slice(2 * third))
  await archive.close()
}

function commitOf(of: {
  readonly n: number
  readonly lineage: string
  readonly generation: number
  readonly publicKey: Uint8Array
  readonly text: string
}): ArchivedCommit {
  const { n, lineage, generation, publicKey, text } = of
  const isKey = n === 2
  const aggregateId = isKey ? uuidV5(lineage, 'signing_key') : uuidV5(lineage, `site ${n % 5}`)
  const commitId = uuidV5(lineage, `commit ${n} ${text}`)
  const payload = encodeCommit({
    ...{ commitId, lineageId: lineage, generation, aggregateId },
    aggregateType: isKey ? 'signing_key' : 'thing',
    aggregateVersion: isKey ? 1n : BigInt(Math.ceil(n / 5)),
    actor: { kind: 'service', id: 'test' },
    ...{ commandId: commitId, correlationId: commitId, timeUnixUs: timeOf(n) },
    events: [
      isKey
        ? {
            type: 'SigningKeyIntroduced',
            schema: 1,
            data: holdfast.audit.v1.SigningKeyIntroduced.encode({ publicKey }).finish(),
          }
        : { type: 'ThingChanged', schema: 1, data: Buffer.from(`${n} ${text}`) },
    ],
  })
  return {
    sequence: BigInt(n),
    subject: isKey ? `evt.audit.signing_key.${aggregateId}` : `evt.rules.thing.${aggregateId}`,
    messageId: commitId,
    headers: Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${commitId}\r\n\r\n`),
    payload,
    storedAtUnixNs: timeOf(n) * 1000n,
  }
}

function keysetOf(of: {
  readonly lineage: string
  readonly generation: number
  readonly rootKey: RootKey
  readonly former: readonly RootKey[]
  readonly privateKey: Uint8Array
  readonly by: Signer
  readonly files: Readonly<Record<string, string>> | undefined
}): Keyset {
  const { lineage, generation, rootKey, former, privateKey, by, files = {} } = of
  const fingerprint = rootKeyFingerprint(rootKey)
  const [keyId, dataKey] = ['01930000-0000-7000-8000-0000000000d1', new Uint8Array(32).fill(9)]
  const wrapped = wrapKey(rootKey, `data/${lineage}/audit/${keyId}`, dataKey)
  const publicKey = Buffer.from(by.key.publicKey).toString('hex')
  const sealed = seal(
    keyRing([{ id: keyId, key: dataKey, isActive: true }]),
    {
      ownerId: lineage,
      objectId: uuidV5(lineage, 'signing_key'),
      field: `log_signing_key.${publicKey}`,
    },
    privateKey,
  )
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
  const texts: Record<string, string> = {
    'ca.crt': 'certificate',
    'ca.key': 'key of the authority',
    [`data/${lineage}.audit.1.json`]: JSON.stringify({
      ...{ format: 1, id: keyId, wrapped: base64(wrapped) },
    }),
    'instance.json': JSON.stringify({ lineageId: lineage, generation, maxBytes: 123_456_789 }),
    [`log-signing/${publicKey}.json`]: JSON.stringify({
      ...{ format: 1, key_id: sealed.keyId },
      ...{ nonce: base64(sealed.nonce), ciphertext: base64(sealed.ciphertext) },
    }),
    'nats/operator.seed': 'seed',
    'root-key.fingerprint': `${fingerprint}\n`,
    'root-key.json': printRootKeyFile(rootKey, former),
    'signing/jwt.json': 'a key of access tokens',
    ...files,
  }
  const all = Object.entries(texts).map(([path, contents]) => ({
    path,
    contents: new Uint8Array(Buffer.from(contents)),
  }))
  return {
    rootKeyFingerprint: fingerprint,
    destroyed: [],
    files: all.sort((a, b) => (a.path < b.path ? -1 : 1)),
  }
}

async function accessOf(
  directory: string,
  identity: { lineageId: string; generation: number; rootKeyFingerprint: string },
  privateKey: Uint8Array,
): Promise<void> {
  const access = await openAccessArchive({ directory, identity, epoch })
  const records = Array.from({ length: 5 }, (_, at): ArchivedCommit => {
    const messageId = `access-${at}`
    return {
      sequence: BigInt(11 + at),
      subject: 'acc.auth.sign_in',
      messageId,
      headers: Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${messageId}\r\n\r\n`),
      payload: Buffer.from(`record ${at}`),
      storedAtUnixNs: BigInt(at + 1),
    }
  })
  await access.append(records)
  const tree = TreeHead.empty()
  for (const record of records) tree.append(leafHash(record))
  const origin = formatTreeOrigin({ ...identity, access: epoch })
  const text = formatCheckpoint({ origin, size: 5n, root: tree.root(), extensions: ['log 5'] })
  await writeNoteIn(access.directory, 5n, signNote(text, signer(origin, privateKey)))
}

const config = [
  ['data/agent/identity.json', '{"node":"this"}'],
  ['data/environment.env', 'HOLDFAST_MODE=production\n'],
  ['data/identities/auth/tls.key', 'a key that is made anew'],
  [
    'data/run.json',
    '{"pid":42,"ports":{"http":8080,"agent_edge":41234},"processes":{"auth":{"pid":7}}}',
  ],
  ['files/etc/holdfast/env', 'HOLDFAST_X=1\n'],
] as const
async function* configFiles() {
  for (const [name, content] of config) yield { name, mode: 0o600, content: Buffer.from(content) }
}
export const rows = ['{"id":1,"big":12345678901234567890}', '{"id":2,"text":"é"}']

/** The instance as one file. */
export async function bundleOf(instance: TestInstance, version = '0.1.0'): Promise<string> {
  const { archive, derived, operator, keyset, fingerprint, commits, rootKeyText } = instance
  const directory = await mkdtemp(join(instance.root, 'bundle-'))
  const recipients = [derived.recipient, operator.recipient]
  const document = keysetDocument(keyset)
  const first = JSON.parse(
    Buffer.from(
      keyset.files.find(({ path }) => path === 'instance.json')?.contents ?? [],
    ).toString(),
  ) as { lineageId: string; generation: number } // made above
  const { path } = await makeBundle({
    ...{ directory, archive, createdAtUnixMs, version, recipients },
    identity: { ...first, rootKeyFingerprint: fingerprint },
    lastSequence: BigInt(commits.length),
    keyset: {
      file: await ageSeal(recipients, packKeyset(document)),
      sha256: keysetHash(document),
      ...{ destroyedSequence: 0n, keys: keyset.files.length },
    },
    rootKey: await ageSeal([operator.recipient], Buffer.from(`${rootKeyText}\n`)),
    passphrase: new Uint8Array(),
    config: configFiles,
    async *tables() {
      yield { table: 'auth.sessions', migration: 4, rows: [] }
      yield { table: 'notify.deliveries', migration: 3, rows }
    },
    signal: new AbortController().signal,
    reached: async () => undefined,
  })
  return path
}

/** The instance as a copy in a folder, by docs/formats/offsite.md. The last `tail` commits are a tail. */
export async function copyOf(instance: TestInstance, into: string): Promise<void> {
  const { archive, derived, operator, keyset, fingerprint, commits, rootKeyText, by } = instance
  const { lineageId: lineage, generation } = JSON.parse(
    Buffer.from(
      keyset.files.find(({ path }) => path === 'instance.json')?.contents ?? [],
    ).toString(),
  ) as { lineageId: string; generation: number } // made above
  const keys = objectKeys(lineage)
  const recipients = [derived.recipient, operator.recipient]
  const named: object[] = []
  const put = async (
    name: ObjectName,
    content: Uint8Array,
    how: 'gzip' | 'plain' | 'sealed',
    more: object = {},
  ): Promise<void> => {
    const clear = how === 'gzip' ? gzipSync(content) : content
    const parts: Uint8Array[] = []
    if (how === 'sealed') parts.push(content)
    else
      for await (const part of encryptTo(recipients, [clear], { rootKeyFingerprint: fingerprint }))
        parts.push(part)
    const bytes = Buffer.concat(parts)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const path = join(into, name.key)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes)
    await writeFile(`${path}.sha256`, `${sha256}  ${name.key.split('/').at(-1)}\n`)
    if (name.kind !== 'manifest')
      named.push({
        ...{ key: name.key.slice(keys.root.length + 1), sha256, bytes: bytes.length },
        ...more,
      })
  }
  const folder = join(archive, lineage, String(generation))
  const { readFile } = await import('node:fs/promises')
  const { cutSegment } = await import('@holdfast/archive')
  for (const { name, first, last } of await sealedSegments(folder))
    await put(keys.segment(generation, first, last), await readFile(join(folder, name)), 'gzip', {
      ...{ first: String(first), last: String(last) },
    })
  const sealed = (await sealedSegments(folder)).at(-1)?.last ?? 0n
  const to = BigInt(commits.length)
  // One that overlaps what a segment holds already, and one that follows.
  for (const [from, end] of [
    [sealed - 2n, sealed],
    [sealed + 1n, to],
  ] as const) {
    for (let next = from; next <= end; ) {
      const cut = await cutSegment({ directory: folder, from: next, to: end, maxBytes: 1 << 22 })
      await put(keys.tail(generation, cut.first, cut.last), cut.bytes, 'gzip')
      next = cut.last + 1n
    }
  }
  for (const { size, note } of (await readCheckpointNotes(disk, join(archive, lineage)))
    .checkpoints)
    await put(keys.checkpoint(size), Buffer.from(note), 'plain')
  const epochName = `${epoch.begunAtUnixMs}-${epoch.first}`
  const accessFolder = join(archive, lineage, 'access', epochName)
  for (const { name } of await sealedSegments(accessFolder)) {
    const key = keys.access(epochName, name)
    if (key) await put(key, await readFile(join(accessFolder, name)), 'gzip')
  }
  for (const { size, note } of (await readCheckpointNotes(disk, accessFolder)).checkpoints)
    await put(keys.accessNote(epochName, size), Buffer.from(note), 'plain')
  const document = packKeyset(keysetDocument(keyset))
  await put(keys.numbered('keyset', 3n), await ageSeal(recipients, document), 'sealed')
  await put(
    keys.numbered('root_key', 3n),
    await ageSeal([operator.recipient], Buffer.from(`${rootKeyText}\n`)),
    'sealed',
  )
  const tar: Uint8Array[] = []
  for await (const part of configTar(configFiles(), 0)) tar.push(part)
  await put(keys.numbered('config', 1n), Buffer.concat(tar), 'gzip')
  const lines = [
    '{"table":"auth.sessions","migration":4}',
    '{"table":"notify.deliveries","migration":3}',
    ...rows.map((row) => `{"table":"notify.deliveries","row":${row}}`),
  ]
  await put(keys.numbered('tables', 1n), Buffer.from(`${lines.join('\n')}\n`), 'gzip')
  const lastCommit = commits.at(-1)
  const head = {
    ...{ format: 'holdfast-offsite/v1', lineage, generation, root_key_fingerprint: fingerprint },
    created_at: new Date(createdAtUnixMs).toISOString(),
    last_sequence: String(to),
    last_hash: lastCommit ? Buffer.from(leafHash(lastCommit)).toString('hex') : '',
    ...{ recipients, destroyed_sequence: '0', missing: [], release: '0.1.0' },
    objects: named.length,
  }
  const body = Buffer.from([head, ...named].map((one) => `${JSON.stringify(one)}\n`).join(''))
  const signature = signManifest(
    {
      origin: formatOrigin({ lineageId: lineage, generation }),
      sha256: new Uint8Array(createHash('sha256').update(body).digest()),
      ...{ signedAtUnixMs: createdAtUnixMs, logSize: to },
    },
    by,
  )
  const whole = Buffer.concat([body, Buffer.from(`${JSON.stringify({ signature })}\n`)])
  await put(keys.manifest(createdAtUnixMs), whole, 'plain')
}
