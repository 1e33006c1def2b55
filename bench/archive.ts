// What the archive of the log takes: encoding, appending by group size, checking a million commits. Rates are of
// CPU time where it says so, as the disk and other work on the machine have no part in them.
//
//   npx tsx bench/archive.ts [commits]      (default 1,000,000)

import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeFrames } from '../packages/archive/src/frame.ts'
import { type ArchivedCommit, openArchive, scanArchive } from '../packages/archive/src/index.ts'

const count = Number(process.argv[2] ?? 1_000_000)
const identity = {
  lineageId: '01890a5d-ac96-774b-bcce-b302099a8057',
  generation: 1,
  rootKeyFingerprint: 'bench',
}
const payload = randomBytes(350)
const headers = Buffer.from('NATS/1.0\r\nNats-Msg-Id: 01890a5d-ac96-774b-bcce-b302099a8057\r\n\r\n')

const make = (from: number, size: number): ArchivedCommit[] =>
  Array.from({ length: size }, (_, i) => ({
    sequence: BigInt(from + i),
    subject: 'evt.network.interface.01890a5d-ac96-774b-bcce-b302099a8057',
    messageId: '01890a5d-ac96-774b-bcce-b302099a8057',
    headers,
    payload,
    storedAtUnixNs: 1_700_000_000_000_000_000n,
  }))

async function timed(work: () => Promise<void> | void): Promise<{ s: number; cpuS: number }> {
  const began = performance.now()
  const cpu = process.cpuUsage()
  await work()
  const used = process.cpuUsage(cpu)
  return { s: (performance.now() - began) / 1000, cpuS: (used.user + used.system) / 1e6 }
}
const say = (name: string, value: string): void => console.log(`${name.padEnd(52)} ${value}`)
const perSecond = (n: number, s: number): string => `${Math.round(n / s).toLocaleString('en')}/s`

const batch = make(1, 1000)
const frameBytes = encodeFrames(batch).bytes.length / batch.length
encodeFrames(batch)
const encoding = await timed(() => {
  for (let i = 0; i < 300; i++) encodeFrames(batch)
})
say(`encode, ${frameBytes} bytes a frame, CPU`, perSecond(300_000, encoding.cpuS))

const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'))
try {
  // One fdatasync a group: beside a bare file that does the same.
  for (const size of [1, 16, 256]) {
    const rounds = 100
    const archive = await openArchive({ directory: join(directory, `by-${size}`), identity })
    const bare = await open(join(directory, `bare-${size}`), 'w')
    const bytes = Buffer.alloc(Math.round(frameBytes) * size)
    let ours = 0
    let theirs = 0
    for (let i = 0; i < rounds; i++) {
      const commits = make(i * size + 1, size)
      ours += (await timed(() => archive.append(commits))).s
      theirs += (
        await timed(async () => {
          await bare.write(bytes)
          await bare.datasync()
        })
      ).s
    }
    await archive.close()
    await bare.close()
    say(
      `append, groups of ${size}`,
      `${perSecond(rounds * size, ours)}, ${(ours / theirs).toFixed(2)} × a bare write and fdatasync`,
    )
  }

  const archive = await openArchive({ directory, identity })
  const filling = await timed(async () => {
    for (let n = 1; n <= count; n += 1000)
      await archive.append(make(n, Math.min(1000, count - n + 1)))
    await archive.seal()
  })
  const { bytes, segments } = archive.stats
  say(`fill: ${count} commits, ${segments} segments, CPU`, perSecond(count, filling.cpuS))
  await archive.close()

  const opening = await timed(async () => (await openArchive({ directory, identity })).close())
  say('open it again', `${(opening.s * 1000).toFixed(0)} ms`)

  let peak = 0
  const checking = await timed(async () => {
    const scanned = await scanArchive(join(directory, identity.lineageId), {
      onProgress: () => {
        peak = Math.max(peak, process.memoryUsage.rss())
      },
    })
    if (scanned[0]?.commits !== BigInt(count) || scanned[0].damage.length > 0)
      throw new Error('not whole')
  })
  const hashing = await timed(() => {
    const chunk = Buffer.alloc(1024 * 1024)
    const hash = createHash('sha256')
    for (let done = 0; done < bytes; done += chunk.length) hash.update(chunk)
  })
  say(
    'check all of it offline',
    `${checking.s.toFixed(1)} s (CPU ${checking.cpuS.toFixed(1)} s, ${(checking.cpuS / hashing.cpuS).toFixed(1)} × SHA-256 of ${(bytes / 1e6).toFixed(0)} MB)`,
  )
  say('  memory while checking', `${(peak / 1e6).toFixed(0)} MB resident at most`)
} finally {
  await rm(directory, { recursive: true, force: true })
}
