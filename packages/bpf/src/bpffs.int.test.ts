import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openPinFolder, type PinFolder, removePinFolder } from './bpffs.ts'
import { BpfMap } from './map.ts'
import { bpfMissing } from './testing/permitted.ts'

const missing = bpfMissing()
if (missing) console.log(`skipped: pins (${missing})`)

const privateMissing = missing ?? whyNoPrivateMounts()
if (!missing && privateMissing)
  console.log(`skipped: pins of an agent with private mounts (${privateMissing})`)

function whyNoPrivateMounts(): string | undefined {
  try {
    readlinkSync('/proc/1/ns/mnt')
  } catch {
    return 'process 1 may not be looked at'
  }
  return spawnSync('unshare', ['-m', 'true']).status === 0 ? undefined : 'no mount namespaces'
}

const name = `hfpins${process.pid}`

describe.skipIf(missing !== undefined)('a folder of pins', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-pins-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const checkAndRemove = (pins: PinFolder): void => {
    const map = BpfMap.pinned(join(pins.path, 'map'))
    expect(map.lookup(0)?.toString()).toBe('holdfast')
    map.close()
    removePinFolder(pins)
    expect(existsSync(pins.path)).toBe(false)
  }

  test('is made, found again and removed with all that is in it', () => {
    const mountPoint = join(folder, 'bpf')
    const pins = openPinFolder({ name, mountPoint })
    expect(openPinFolder({ name, mountPoint })).toEqual(pins)
    const shape = { type: 'array', keyBytes: 4, valueBytes: 8, maxEntries: 1 } as const
    const map = BpfMap.create({ name: 'pt_pinned', ...shape })
    map.update(0, Buffer.from('holdfast'))
    map.pin(join(pins.path, 'map'))
    map.close()
    checkAndRemove(pins)
    expect(existsSync(mountPoint)).toBe(false)
  })

  test('a name that could lead elsewhere is refused', () => {
    for (const bad of ['', '.', '..', 'a/b', 'a.b']) {
      expect(() => openPinFolder({ name: bad, mountPoint: join(folder, 'bpf') })).toThrow(TypeError)
    }
  })

  test('what somebody else put into our bpffs keeps it', () => {
    const mountPoint = join(folder, 'bpf')
    const ours = openPinFolder({ name, mountPoint })
    if (ours.ownMount === undefined) {
      // The system's bpffs: nothing of it is ever unmounted.
      removePinFolder(ours)
      return
    }
    const theirs = openPinFolder({ name: `${name}x`, mountPoint })
    removePinFolder(ours)
    expect(existsSync(theirs.path)).toBe(true)
    removePinFolder(theirs)
    expect(existsSync(mountPoint)).toBe(false)
  })

  describe.skipIf(privateMissing !== undefined)('of an agent with private mounts', () => {
    const script = new URL('./testing/open-pins.ts', import.meta.url).pathname
    const inPrivate = (mountPoint: string): PinFolder =>
      JSON.parse(
        execFileSync(
          'unshare',
          ['-m', process.execPath, '--import', 'tsx', script, name, mountPoint],
          { encoding: 'utf8' },
        ),
      ) as PinFolder

    test('outlives it, because it is made in the mounts of the machine', () => {
      const pins = inPrivate(join(folder, 'bpf'))
      expect(pins.isLasting).toBe(true)
      expect(pins.path).toMatch(/^\/proc\/1\/root\//)
      checkAndRemove(pins)
    })

    test('is in a bpffs mounted for it beforehand', () => {
      const mountPoint = join(folder, 'bpf')
      const ours = openPinFolder({ name, mountPoint })
      if (ours.ownMount === undefined) {
        removePinFolder(ours)
        return
      }
      const pins = inPrivate(mountPoint)
      expect(pins).toEqual({ ...ours, isLasting: true })
      checkAndRemove(pins)
    })
  })
})
