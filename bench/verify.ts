// A million commits verified offline: seconds, commits a second and peak memory of the verifier, as a process of its
// own, for a bundle and an archive; beside a bare SHA-256 over the same bytes in the same run.
//
//   npx tsx bench/verify.ts [commits]      (default 1,000,000; wants 2.5 GB in the temporary directory)

import { spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdtemp, open, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ArchivedCommit, openArchive, writeCheckpointNote } from '@holdfast/archive'
import { uuidFromBytes } from '@holdfast/domain'
import {
  formatCheckpoint,
  formatOrigin,
  type Leaf,
  leafHash,
  signer,
  signNote,
  TreeHead,
  writeBundle,
} from '@holdfast/merkle'
import { holdfast } from '@holdfast/proto'

const count = Number(process.argv[2] ?? 1_000_000)
/** The signer's rhythm under load. */
const checkpointEvery = 256
/** Aggregates the commits are spread over. */
const aggregates = 10_000

const { Commit } = holdfast.log.v1
const id = (): Uint8Array => {
  const bytes = new Uint8Array(randomBytes(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes
}
const lineage = id()
const identity = { lineageId: uuidFromBytes(lineage), generation: 1 }
const origin = formatOrigin(identity)
const key = signer(origin, new Uint8Array(randomBytes(32)))

const ids = Array.from({ length: aggregates }, () => uuidFromBytes(id()))
const seeds = randomBytes(64 * 1024)

/** The same in both passes: the commit id comes of the sequence. */
function entryOf(n: number): Leaf {
  const aggregate = ids[(n * 7919) % aggregates] ?? ''
  const at = (n * 16) % (seeds.length - 400)
  const commitId = new Uint8Array(seeds.subarray(at, at + 16))
  new DataView(commitId.buffer).setUint32(0, n)
  const payload = Commit.encode({
    format: 1,
    commitId,
    lineageId: lineage,
    generation: 1,
    aggregateType: 'interface',
    aggregateId: aggregate,
    aggregateVersion: versionOf(n),
    organizationId: commitId,
    actor: { kind: 1, id: ids[0] ?? '', method: 2, sessionId: ids[1] ?? '' },
    commandId: commitId,
    correlationId: commitId,
    timeUnixUs: 1_700_000_000_000_000 + n,
    requestHash: seeds.subarray(at, at + 32),
    events: [{ type: 'PeerAdded', schema: 1, data: seeds.subarray(at, at + 220) }],
  }).finish()
  return {
    sequence: BigInt(n),
    subject: `evt.network.interface.${aggregate}`,
    messageId: uuidFromBytes(commitId),
    payload,
  }
}
// n · 7919 mod 10,000 visits every aggregate once in 10,000 commits.
const versionOf = (n: number): number => Math.floor((n - 1) / aggregates) + 1

function noteAt(tree: TreeHead): string {
  return signNote(formatCheckpoint({ origin, size: tree.size, root: tree.root() }), key)
}
const isCheckpoint = (n: number): boolean => n % checkpointEvery === 0 || n === count

async function makeArchive(directory: string): Promise<string[]> {
  const archive = await openArchive({
    directory,
    identity: { ...identity, rootKeyFingerprint: 'bench' },
  })
  const tree = TreeHead.empty()
  const notes: string[] = []
  let group: ArchivedCommit[] = []
  for (let n = 1; n <= count; n++) {
    const entry = entryOf(n)
    tree.append(leafHash(entry))
    group.push({
      ...entry,
      headers: Buffer.from(`NATS/1.0\r\nNats-Msg-Id: ${entry.messageId}\r\n\r\n`),
      storedAtUnixNs: 1_700_000_000_000_000_000n,
    })
    if (group.length === 4096 || n === count) {
      await archive.append(group)
      group = []
    }
    if (isCheckpoint(n)) {
      const note = noteAt(tree)
      notes.push(note)
    }
  }
  await archive.seal()
  await archive.close()
  return notes
}

async function makeBundle(path: string, notes: readonly string[]): Promise<void> {
  const file = await open(path, 'w')
  let lines: string[] = []
  let length = 0
  const flush = async () => {
    await file.write(lines.join(''))
    lines = []
    length = 0
  }
  function* entries() {
    for (let n = 1; n <= count; n++) yield entryOf(n)
  }
  const header = {
    ...identity,
    first: 1n,
    last: BigInt(count),
    left: [],
    firstKey: key.key,
    rotations: [],
  }
  const none = () => Promise.resolve([])
  for await (const line of writeBundle({
    header,
    entries: entries(),
    checkpoints: notes,
    consistency: none,
  })) {
    lines.push(line)
    length += line.length
    if (length > 1 << 22) await flush()
  }
  await flush()
  await file.close()
}

async function filesOf(path: string): Promise<string[]> {
  if ((await stat(path)).isFile()) return [path]
  const names = await readdir(path, { recursive: true, withFileTypes: true })
  return names.filter((n) => n.isFile()).map((n) => join(n.parentPath, n.name))
}

/** Reading and hashing, nothing else: what no verifier can go below. */
async function bareSeconds(files: readonly string[]): Promise<{ seconds: number; bytes: number }> {
  const start = performance.now()
  let bytes = 0
  const hash = createHash('sha256')
  for (const file of files)
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
      hash.update(chunk)
      bytes += chunk.length
    }
  hash.digest()
  return { seconds: (performance.now() - start) / 1000, bytes }
}

const program = fileURLToPath(new URL('../dist/holdfast-verify.mjs', import.meta.url))

async function verifySeconds(
  command: string,
  path: string,
): Promise<{ seconds: number; cpuSeconds: number; peakMegabytes: number }> {
  // The kernel's own counts, told by the process at its end.
  const report = `process.on('exit', () => { const u = process.resourceUsage()
    process.stderr.write('peak ' + u.maxRSS + ' cpu ' + (u.userCPUTime + u.systemCPUTime) + '\\n') })`
  const start = performance.now()
  const child = spawn(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(report)}`,
      program,
      command,
      path,
      '--key',
      key.key.text,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let out = ''
  let err = ''
  child.stdout.on('data', (text) => {
    out += text
  })
  child.stderr.on('data', (text) => {
    err += text
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`exit ${code}\n${out}${err}`)
  const [, peak = 0, cpu = 0] = /peak (\d+) cpu (\d+)/.exec(err) ?? []
  return {
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: Number(cpu) / 1e6,
    peakMegabytes: Number(peak) / 1024,
  }
}

const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-verify-'))
try {
  const archive = join(directory, 'archive')
  const bundle = join(directory, 'log.hfbundle')
  console.log(`making ${count} commits in ${directory}`)
  const notes = await makeArchive(archive)
  for (const [i, note] of notes.entries())
    await writeCheckpointNote(
      archive,
      identity.lineageId,
      BigInt(Math.min((i + 1) * checkpointEvery, count)),
      note,
    )
  await makeBundle(bundle, notes)
  console.log(`${notes.length} checkpoints`)
  for (const [command, path] of [
    ['bundle', bundle],
    ['archive', archive],
  ] as const) {
    const files = await filesOf(path)
    await bareSeconds(files) // into the page cache
    const bare = await bareSeconds(files)
    const { seconds, cpuSeconds, peakMegabytes } = await verifySeconds(command, path)
    console.log(
      `${command}: ${(bare.bytes / 1e6).toFixed(0)} MB, ${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of processor time), ${Math.round(count / seconds)} commits/s, peak ${peakMegabytes.toFixed(0)} MB; bare SHA-256 ${bare.seconds.toFixed(1)} s, ratio ${(seconds / bare.seconds).toFixed(1)}`,
    )
  }
} finally {
  await rm(directory, { recursive: true, force: true })
}
