import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findLibbpf, openLibbpf } from './libbpf.ts'

const system = findLibbpf({ path: process.env['HOLDFAST_LIBBPF'] })
const isLinux = process.platform === 'linux'
const missing = !isLinux ? 'needs Linux' : system ? undefined : 'there is no libbpf'
if (missing) console.log(`skipped: finding libbpf (${missing})`)

describe.skipIf(missing !== undefined)('libbpf', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-libbpf-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  test('is found and says its version', () => {
    const { version, path } = openLibbpf({ path: process.env['HOLDFAST_LIBBPF'] })
    expect(version).toMatch(/^v1\.\d+/)
    expect(basename(path)).toBe('libbpf.so.1')
  })

  test('the file somebody names is taken, and no other', () => {
    expect(openLibbpf({ path: system }).path).toBe(system)
    expect(findLibbpf({ path: '/nowhere/libbpf.so.1' })).toBeUndefined()
    expect(() => openLibbpf({ path: '/nowhere/libbpf.so.1' })).toThrow(
      'BPF cannot be used on this host: HOLDFAST_LIBBPF names no file: /nowhere/libbpf.so.1',
    )
    expect(() => openLibbpf({ path: 'libbpf.so.1' })).toThrow('not an absolute path')
  })

  test('a file that is no library, or another one, is refused with the reason', () => {
    const broken = join(folder, 'libbpf.so.1')
    writeFileSync(broken, 'not a library')
    expect(() => openLibbpf({ path: broken })).toThrow(/does not load: .+/)
    const other = join(folder, 'libother.so')
    const libelf = ['/usr/lib', '/lib', dirname(system ?? '')]
      .map((place) => join(place, 'libelf.so.1'))
      .find((file) => existsSync(file))
    if (libelf === undefined) return
    copyFileSync(libelf, other)
    expect(() => openLibbpf({ path: other })).toThrow('is no libbpf 1.0 or later')
  })

  test('outside the system it brings the libraries that lie beside it', () => {
    const from = dirname(system ?? '')
    const triplet = basename(from)
    const [usr, lib] = ['usr/lib', 'lib'].map((part) => join(folder, 'root', part, triplet))
    if (!usr || !lib) throw new Error('two folders')
    for (const place of [usr, lib]) mkdirSync(place, { recursive: true })
    copyFileSync(system ?? '', join(usr, 'libbpf.so.1'))
    // As Debian spreads them.
    const copied = [
      ['libelf.so.1', usr],
      ['libz.so.1', lib],
    ].filter(([name = '', place = '']) => {
      const file = [from, from.replace(/^\/usr/, '')].map((one) => join(one, name)).find(existsSync)
      if (file) copyFileSync(file, join(place, name))
      return file !== undefined
    })
    const script = new URL('./testing/print-libbpf.ts', import.meta.url).pathname
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', script, join(usr, 'libbpf.so.1')],
      { encoding: 'utf8' },
    )
    expect(stderr).toBe('')
    const { files } = JSON.parse(stdout) as { files: string[] }
    expect(files).toContain(join(usr, 'libbpf.so.1'))
    for (const [name = '', place = ''] of copied) expect(files).toContain(join(place, name))
  })
})
