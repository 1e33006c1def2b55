import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { openArchive } from './archive.ts'
import { scanArchive } from './scan.ts'
import { batched, collect, commitsOf, identity, plain } from './testing/commits.ts'
import { Crash, MemoryFiles, type Survival } from './testing/memory-files.ts'
import type { Archive } from './types.ts'

// Thousands of archives are opened here; a busy machine is no reason to fail.
vi.setConfig({ testTimeout: 180_000 })

const open = (files: MemoryFiles): Promise<Archive> =>
  openArchive({ directory: '/a', identity, files, sealAtBytes: 4096, now: () => 9 })
const directory = `/a/${identity.lineageId}/1`

/** A killed process, a cut line to the disk, and halves between. */
function survivals(seed: number): readonly Survival[] {
  let state = seed + 1
  const some = (pending: number): number => {
    state = (state * 48_271) % 0x7fff_ffff
    return state % (pending + 1)
  }
  return ['all', 'synced', some, some]
}

/** Runs until the machine stops. False when it did not. */
async function crashes(work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    return false
  } catch (error) {
    if (!(error instanceof Crash)) throw error
    return true
  }
}

test('whatever step a crash hits while appending and sealing, what was confirmed is there', async () => {
  for (let steps = 0; ; steps++) {
    const files = new MemoryFiles()
    files.crashAfter = steps
    let confirmed = 0
    let tried = 0
    const isDown = await crashes(async () => {
      const archive = await open(files)
      for (let n = 1; n <= 99; n += 14) {
        tried = n + 13
        await archive.append(commitsOf(n, n + 13))
        confirmed = n + 13
        if (n % 4 === 3) await archive.seal()
      }
      await archive.close()
    })
    for (const survival of survivals(steps)) {
      const disk = files.afterCrash(survival)
      const archive = await open(disk)
      const last = Number(archive.last.sequence)
      expect(last).toBeGreaterThanOrEqual(confirmed)
      expect(last).toBeLessThanOrEqual(tried)
      expect(archive.damage.filter(({ isRepaired }) => !isRepaired)).toEqual([])
      expect(plain(await collect(archive.read(1n, 999n)))).toEqual(plain(commitsOf(1, last)))
      await archive.append(commitsOf(last + 1, last + 30))
      expect(await archive.verify()).toEqual([])
      await archive.close()
      const again = await open(disk.afterCrash('synced'))
      expect(again.last.sequence).toBe(BigInt(last + 30))
      expect(again.damage).toEqual([])
    }
    if (!isDown) return expect(steps).toBeGreaterThan(25)
  }
})

test('whatever step a crash hits while replacing, the archive is the old one or the new one', async () => {
  const whole = new MemoryFiles()
  const archive = await open(whole)
  await archive.append(commitsOf(1, 40))
  await archive.append(commitsOf(41, 100))
  await archive.close()
  const other = commitsOf(30, 75, 'other')
  const old = plain(commitsOf(1, 100))
  const replaced = plain([...commitsOf(1, 29), ...other])
  const seen = new Set<string>()
  for (let steps = 0; ; steps++) {
    const files = whole.copy()
    files.crashAfter = steps
    let isDone = false
    const isDown = await crashes(async () => {
      const victim = await open(files)
      await victim.replace(30n, 75n, batched(other), { tail: 'drop', content: 'other' })
      isDone = true
    })
    for (const survival of survivals(steps)) {
      const disk = files.afterCrash(survival)
      const again = await open(disk)
      expect(again.damage).toEqual([])
      const found = plain(await collect(again.read(1n, 999n)))
      const isNew = again.last.sequence === 75n
      seen.add(isNew ? 'new' : 'old')
      if (isDone) expect(isNew).toBe(true)
      expect(found).toEqual(isNew ? replaced : old)
      expect(await again.verify()).toEqual([])
      expect(disk.paths().filter((path) => /replac|part|tmp/.test(path))).toEqual([])
      if (isNew) expect(disk.paths().some((path) => path.includes('.damaged-'))).toBe(true)
    }
    if (!isDown) break
  }
  expect([...seen].sort()).toEqual(['new', 'old'])
})

const diskErrors = ['EIO', 'ENOSPC'] as const

test.each(diskErrors)(
  'after %s nothing pretends, and the same commits can be appended again',
  async (code) => {
    // Each step fails once, in turn.
    for (let at = 0; ; at++) {
      const files = new MemoryFiles()
      const archive = await open(files)
      await archive.append(commitsOf(1, 3))
      let step = 0
      let hasFailed = false
      files.fail = () => {
        if (step++ !== at) return undefined
        hasFailed = true
        return code
      }
      let next = 4
      let refused = 0
      while (next <= 60) {
        try {
          await archive.append(commitsOf(next, next + 8))
          next += 9
        } catch (error) {
          refused += 1
          expect(error).toMatchObject({
            code: code === 'EIO' ? 'archive.unavailable' : 'archive.full',
          })
          expect(archive.last.sequence).toBe(BigInt(next - 1))
        }
      }
      expect(refused).toBeLessThanOrEqual(1)
      // A power cut now: what was confirmed is on the disk.
      for (const survival of survivals(at)) {
        const again = await open(files.afterCrash(survival))
        expect(again.last.sequence).toBe(BigInt(next - 1))
        expect(await again.verify()).toEqual([])
      }
      if (!hasFailed) return expect(at).toBeGreaterThan(20)
    }
  },
)

test('a disk that stays full keeps what it has, and goes on when there is room', async () => {
  const files = new MemoryFiles()
  const archive = await open(files)
  await archive.append(commitsOf(1, 10))
  const path = `${directory}/${files.paths().at(-1)?.split('/').at(-1)}`
  const size = files.get(path)?.length
  files.fail = (step) => (step === 'write' ? 'ENOSPC' : undefined)
  for (let i = 0; i < 3; i++) {
    await expect(archive.append(commitsOf(11, 20))).rejects.toMatchObject({ code: 'archive.full' })
    // The half frame is gone.
    expect(files.get(path)?.length).toBe(size)
  }
  expect(plain(await collect(archive.read(1n, 99n)))).toEqual(plain(commitsOf(1, 10)))
  files.fail = () => undefined
  await archive.append(commitsOf(11, 20))
  expect(await archive.verify()).toEqual([])
})

test('a failing replacement leaves everything as it was', async () => {
  for (let at = 0; ; at++) {
    const files = new MemoryFiles()
    const archive = await open(files)
    for (let n = 1; n <= 100; n += 10) await archive.append(commitsOf(n, n + 9))
    let step = 0
    let hasFailed = false
    files.fail = () => {
      if (step++ !== at) return undefined
      hasFailed = true
      return 'ENOSPC'
    }
    const replaced = await archive.replace(20n, 70n, batched(commitsOf(20, 70))).then(
      () => true,
      (error: unknown) => {
        expect(error).toMatchObject({ code: 'archive.full' })
        return false
      },
    )
    files.fail = () => undefined
    if (!hasFailed) expect(replaced).toBe(true)
    await archive.append(commitsOf(101, 110))
    expect(plain(await collect(archive.read(1n, 999n)))).toEqual(plain(commitsOf(1, 110)))
    expect(await archive.verify()).toEqual([])
    if (!hasFailed) return expect(at).toBeGreaterThan(10)
  }
})

test('appends, seals, crashes and errors in any order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          size: fc.integer({ min: 1, max: 40 }),
          seal: fc.boolean(),
          crashAfter: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
          survival: fc.integer({ min: 0, max: 3 }),
        }),
        { maxLength: 8 },
      ),
      async (rounds) => {
        let files = new MemoryFiles()
        let archive = await open(files)
        let confirmed = 0
        for (const [i, { size, seal, crashAfter, survival }] of rounds.entries()) {
          if (crashAfter !== undefined) files.crashAfter = files.steps + crashAfter
          const isDown = await crashes(async () => {
            await archive.append(commitsOf(confirmed + 1, confirmed + size))
            confirmed += size
            if (seal) await archive.seal()
          })
          if (!isDown) continue
          files = files.afterCrash(survivals(i)[survival] ?? 'all')
          archive = await open(files)
          expect(Number(archive.last.sequence)).toBeGreaterThanOrEqual(confirmed)
          confirmed = Number(archive.last.sequence)
        }
        files.crashAfter = Number.POSITIVE_INFINITY
        const all = await collect(archive.read(1n, 9999n)).catch(() => undefined)
        if (all !== undefined) expect(plain(all)).toEqual(plain(commitsOf(1, all.length)))
        const [scan] = await scanArchive('/a', { files: files.afterCrash('all') })
        expect(scan?.damage.filter(({ kind }) => kind !== 'torn_tail') ?? []).toEqual([])
        expect(scan?.commits ?? 0n).toBeGreaterThanOrEqual(BigInt(confirmed))
      },
    ),
    { numRuns: 60 },
  )
})
