import { copyFile, cp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { DomainError } from '@holdfast/errors'
import { openStorage, surroundingsOf } from '@holdfast/storage'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openBundleSource } from './bundle-source.ts'
import { openCopySource } from './copy/copy-source.ts'
import { keyFrom } from './key.ts'
import { restoreInstance } from './restore.ts'
import type { BackupSource } from './source.ts'
import { bundleOf, copyOf, type TestInstance, testInstance } from './testing/instance.ts'

// Whatever is wrong with a backup is refused before anything is written, and named.

let instance: TestInstance
let bundle: string
let far: string

beforeAll(async () => {
  instance = await testInstance({ commits: 12 })
  bundle = await bundleOf(instance)
  far = join(instance.root, 'far')
  await copyOf(instance, far)
})
afterAll(() => rm(instance.root, { recursive: true, force: true }))

/** Why it is refused: nothing was written then. 'restored' when it is not. */
async function verdict(source: BackupSource): Promise<string> {
  const data = join(instance.root, 'data')
  const before = await readdir(instance.root)
  const key = await keyFrom({ file: instance.operator.identity })
  let written = false
  try {
    await restoreInstance({
      ...{ source, key, version: '0.1.0', target: { data } },
      onStage: (stage) => {
        written ||= stage !== 'judged'
      },
    })
    await rm(data, { recursive: true })
    return 'restored'
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    expect(written).toBe(false)
    expect(await readdir(instance.root)).toEqual(before)
    return `${error.code} ${error.message}`
  }
}

async function ofCopy(path: string): Promise<string> {
  const storage = await openStorage(
    'local',
    { path },
    {},
    surroundingsOf({ egressAllow: [], localBase: path, localRoots: [path] }),
  )
  try {
    return await verdict(openCopySource(storage, { label: path }))
  } finally {
    await storage.close()
  }
}

async function filesOf(path: string): Promise<readonly string[]> {
  const all = await readdir(path, { recursive: true, withFileTypes: true })
  return all
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name))
    .sort()
}

const bent = async (path: string, at: number): Promise<void> => {
  const bytes = await readFile(path)
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
  await writeFile(path, bytes)
}

test('one file: bits flipped, ends cut off, things put behind', async () => {
  const bytes = await readFile(bundle)
  const path = join(instance.root, 'bent.hfbak')
  for (let at = 7; at < bytes.length; at += Math.ceil(bytes.length / 60)) {
    await copyFile(bundle, path)
    await bent(path, at)
    expect(await verdict(openBundleSource(path)), `bit at ${at}`).toMatch(
      /^full_restore\.(source_invalid|wrong_key)/,
    )
  }
  for (const part of [0, 0.3, 0.7, 0.99]) {
    await writeFile(path, bytes.subarray(0, Math.floor(bytes.length * part)))
    expect(await verdict(openBundleSource(path)), `cut at ${part}`).toContain('ends')
  }
  await writeFile(path, Buffer.concat([bytes, Buffer.from('x')]))
  expect(await verdict(openBundleSource(path))).toContain('goes on behind it')
  await writeFile(path, 'something else')
  expect(await verdict(openBundleSource(path))).toContain('full_restore.source_invalid')
  expect(await verdict(openBundleSource(join(instance.root, 'none')))).toContain('cannot be read')
}, 60_000)

test('a copy: a bit flipped in any object, and its name is told', async () => {
  const there = (await filesOf(far)).filter((path) => path.endsWith('.age'))
  const names = there.map((path) => path.slice(far.length + 1))
  for (const [n, name] of names.entries()) {
    const path = join(instance.root, 'bent')
    await cp(far, path, { recursive: true })
    const { length } = await readFile(join(path, name))
    await bent(join(path, name), Math.floor(length * ((n % 5) / 5 + 0.1)))
    const said = await ofCopy(path)
    // Of no consequence: what it holds is in another piece. Everything else is told by its name.
    if (said === 'restored') expect(name).toContain('/tail/')
    else expect(said, name).toContain(name)
    await rm(path, { recursive: true })
  }
  expect(names.filter((name) => name.includes('/log/')).length).toBeGreaterThan(1)
}, 60_000)

test('a copy: objects cut, gone, exchanged, of another history, generation or instance', async () => {
  const segment = (names: readonly string[], n: number): string =>
    names.filter((name) => /\/log\/.*\.age$/.test(name))[n] ?? ''
  const tail = (names: readonly string[]): string =>
    names.filter((name) => /\/tail\/.*\.age$/.test(name)).at(-1) ?? ''
  const other = await testInstance({
    commits: 12,
    text: 'other',
    rootKeyText: instance.rootKeyText,
  })
  const otherFar = join(other.root, 'far')
  // Sealed to the same people: what is inside has to tell.
  await copyOf({ ...other, derived: instance.derived, operator: instance.operator }, otherFar)

  type Change = (path: string, names: readonly string[]) => Promise<void>
  const cases: readonly (readonly [string, Change, RegExp])[] = [
    [
      'a segment is cut',
      async (path, names) => {
        const file = join(path, segment(names, 0))
        await writeFile(file, (await readFile(file)).subarray(0, 300))
      },
      /seg-.*SHA-256/,
    ],
    [
      'a segment is gone',
      async (path, names) => {
        await rm(join(path, segment(names, 0)))
        await rm(join(path, `${segment(names, 0)}.sha256`))
      },
      /seg-.*not there|missing/,
    ],
    [
      'a checksum is gone',
      (path, names) => rm(join(path, `${segment(names, 1)}.sha256`)),
      /seg-.*not there/,
    ],
    [
      'two segments are exchanged',
      async (path, names) => {
        for (const end of ['', '.sha256']) {
          const [a, b] = [0, 1].map((n) => join(path, segment(names, n) + end))
          await rename(a ?? '', `${a}.x`)
          await rename(b ?? '', a ?? '')
          await rename(`${a}.x`, b ?? '')
        }
      },
      /seg-.*SHA-256/,
    ],
    [
      'a piece the manifest does not name is of another history',
      async (path, names) => {
        const name = tail(names)
        // As if it had come after the manifest, of a log that went on otherwise.
        for (const end of ['', '.sha256'])
          await copyFile(join(otherFar, name + end), join(path, name + end))
      },
      /tail-/,
    ],
    [
      'the manifest of another history',
      async (path, names) => {
        const name = names.find((one) => /manifests\/.*\.age$/.test(one)) ?? ''
        for (const end of ['', '.sha256'])
          await copyFile(join(otherFar, name + end), join(path, name + end))
      },
      /full_restore\.source_invalid/,
    ],
    [
      'no manifest',
      async (path, names) => {
        for (const name of names.filter((one) => one.includes('manifests/')))
          await rm(join(path, name))
      },
      /no manifest/,
    ],
    [
      'no keys',
      async (path, names) => {
        for (const name of names.filter((one) => one.includes('/keyset-')))
          await rm(join(path, name))
      },
      /no keys are there/,
    ],
    [
      'a later checkpoint than there are commits',
      async (path, names) => {
        const from =
          names.find((one) => /^holdfast\/[^/]+\/checkpoints\/\d+\.note\.age$/.test(one)) ?? ''
        const to = from.replace(/\d+\.note/, '4711.note')
        await copyFile(join(path, from), join(path, to))
        const sum = await readFile(join(path, `${from}.sha256`), 'utf8')
        await writeFile(join(path, `${to}.sha256`), sum.replace(basename(from), basename(to)))
      },
      /4711\.note/,
    ],
  ]
  for (const [name, change, expected] of cases) {
    const path = join(instance.root, 'changed')
    await cp(far, path, { recursive: true })
    const names = (await filesOf(path)).map((one) => one.slice(path.length + 1))
    await change(path, names)
    expect(await ofCopy(path), name).toMatch(expected)
    await rm(path, { recursive: true })
  }
  await rm(other.root, { recursive: true })
}, 60_000)

test('a key store of another instance, and a log signed by a key nobody has', async () => {
  const stranger = await testInstance({
    ...{ commits: 12, lineage: '01930000-0000-7000-8000-000000000009' },
    rootKeyText: instance.rootKeyText,
  })
  // Another instance under the same root key: its keys open, and are not this log's.
  const [mine] = instance.keyset.files.filter(({ path }) => path === 'instance.json')
  const files = stranger.keyset.files.map((file) =>
    file.path === 'instance.json' && mine ? mine : file,
  )
  const path = await bundleOf({ ...instance, keyset: { ...stranger.keyset, files } })
  expect(await verdict(openBundleSource(path))).toMatch(/key store/)

  const without = instance.keyset.files.filter((file) => !file.path.startsWith('log-signing/'))
  const bare = await bundleOf({ ...instance, keyset: { ...instance.keyset, files: without } })
  expect(await verdict(openBundleSource(bare))).toMatch(/none of the keys this log was signed with/)
  await rm(stranger.root, { recursive: true })
})
