import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openPinFolder, type PinFolder, removePinFolder } from '../bpffs.ts'
import { ifindexOf } from '../devices.ts'
import { isRefusal } from '../errors.ts'
import { BpfMap } from '../map.ts'
import { BpfProgram } from '../program.ts'
import { type NetNamespace, namespacesMissing, netNamespace } from '../testing/net-namespace.ts'
import { bpfMissing } from '../testing/permitted.ts'
import { openProbe } from '../testing/probe-object.ts'
import {
  type Attached,
  attachedTo,
  attachIngress,
  attachTc,
  detachTc,
  detachXdp,
  sweepPins,
} from './attach.ts'
import { attachClsact, detachClsact, queryClsact, removeEmptyClsact } from './clsact.ts'
import { BpfLink } from './link.ts'
import { attachTcx, hasTcx, queryTcx } from './tcx.ts'
import { attachXdp, driverHasXdp, queryXdp } from './xdp.ts'

const missing = bpfMissing() ?? namespacesMissing()
if (missing) console.log(`skipped: BPF programs on devices (${missing})`)

describe.skipIf(missing !== undefined)('programs on devices', () => {
  let net: NetNamespace
  let other: NetNamespace
  let folder: string
  let pins: PinFolder
  let programs: { pass: BpfProgram; drop: BpfProgram; xdpPass: BpfProgram; xdpDrop: BpfProgram }
  const opened: { close(): void }[] = []

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'holdfast-bpf-'))
    pins = openPinFolder({ name: `hftest${process.pid}`, mountPoint: join(folder, 'bpf') })
    const load = (isStrict: boolean): { tc: BpfProgram; xdp: BpfProgram } => {
      const object = openProbe()
      object.setConstants({ pt_is_strict: isStrict })
      object.load()
      const loaded = { tc: object.program('pt_classify'), xdp: object.program('pt_xdp') }
      object.close()
      opened.push(loaded.tc, loaded.xdp)
      return loaded
    }
    const [lax, strict] = [load(false), load(true)]
    programs = { pass: lax.tc, drop: strict.tc, xdpPass: lax.xdp, xdpDrop: strict.xdp }
  })
  afterAll(() => {
    for (const thing of opened) thing.close()
    if (pins) removePinFolder(pins)
    if (folder) rmSync(folder, { recursive: true, force: true })
  })

  // Two hosts and a cable: `inner` 10.9.0.1 here, `outer` 10.9.0.2 there.
  beforeEach(() => {
    net = netNamespace()
    other = netNamespace()
    const [here, there] = ['02:00:00:00:00:01', '02:00:00:00:00:02']
    net.ip(
      ...['link', 'add', 'inner', 'address', here, 'type', 'veth'],
      ...['peer', 'name', 'outer', 'address', there, 'netns', other.name],
    )
    net.ip('addr', 'add', '10.9.0.1/24', 'dev', 'inner')
    other.ip('addr', 'add', '10.9.0.2/24', 'dev', 'outer')
    net.ip('link', 'set', 'inner', 'up')
    other.ip('link', 'set', 'outer', 'up')
    // They know each other: only the ping itself has to pass, not a question of who has the address.
    net.ip('neigh', 'replace', '10.9.0.2', 'lladdr', there, 'dev', 'inner', 'nud', 'permanent')
    other.ip('neigh', 'replace', '10.9.0.1', 'lladdr', here, 'dev', 'outer', 'nud', 'permanent')
  })
  afterEach(() => {
    net.remove()
    other.remove()
    for (const name of readdirSync(pins.path)) rmSync(join(pins.path, name))
  })

  const inner = (): number => net.inside(() => ifindexOf('inner')) ?? 0
  const target = (direction: 'ingress' | 'egress' = 'ingress') => ({
    ifindex: inner(),
    direction,
    pins: pins.path,
  })
  const attached = (): readonly Attached[] => net.inside(() => attachedTo(inner()))
  const refusal = (work: () => unknown): unknown => {
    try {
      work()
    } catch (error) {
      return error
    }
    return undefined
  }

  test('a classifier decides both ways, is exchanged in place and leaves no trace', () => {
    expect(net.reaches('10.9.0.2')).toBe(true)
    for (const direction of ['ingress', 'egress'] as const) {
      const at = target(direction)
      const hook = net.inside(() => attachTc(at, programs.drop))
      expect(net.isCutOff('10.9.0.2')).toBe(true)
      const [first] = attached()
      expect(first).toMatchObject({ hook, direction, programId: programs.drop.info.id })

      net.inside(() => attachTc(at, programs.pass))
      expect(attached()).toEqual([{ ...first, programId: programs.pass.info.id }])
      expect(net.reaches('10.9.0.2')).toBe(true)

      expect(net.inside(() => detachTc(at))).toBe(true)
      expect(net.inside(() => detachTc(at))).toBe(false)
      expect(attached()).toEqual([])
    }
    expect(readdirSync(pins.path)).toEqual([])
  })

  test.skipIf(!hasTcx())('others keep their place in the row, behind ours', () => {
    const theirs = net.inside(() => attachTcx(inner(), 'ingress', programs.drop))
    net.inside(() => attachTc(target(), programs.pass))
    expect(net.inside(() => queryTcx(inner(), 'ingress')).map((one) => one.programId)).toEqual([
      programs.pass.info.id,
      programs.drop.info.id,
    ])
    // What ours lets through, theirs still sees.
    expect(net.isCutOff('10.9.0.2')).toBe(true)
    net.inside(() => detachTc(target()))
    expect(attached()).toMatchObject([{ programId: programs.drop.info.id }])
    theirs.close()
    expect(net.reaches('10.9.0.2')).toBe(true)
  })

  test.skipIf(!hasTcx())('a detach by somebody else is seen, and attaching again mends it', () => {
    net.inside(() => attachTc(target(), programs.drop))
    const [before] = attached()
    const link = BpfLink.byId(before?.linkId ?? 0)
    link.detach()
    link.close()
    expect(attached()).toEqual([])
    expect(net.reaches('10.9.0.2')).toBe(true)
    net.inside(() => attachTc(target(), programs.drop))
    expect(attached()).toMatchObject([{ programId: programs.drop.info.id }])
    expect(net.isCutOff('10.9.0.2')).toBe(true)
  })

  test.skipIf(!hasTcx())('a device that vanishes takes its programs with it', () => {
    const at = target()
    net.inside(() => attachTc(at, programs.pass))
    net.ip('link', 'del', 'inner')
    const gone = { code: 'bpf.refused', details: { errno: 'ENODEV' } }
    expect(refusal(() => net.inside(() => attachedTo(at.ifindex)))).toMatchObject(gone)
    expect(refusal(() => net.inside(() => attachTc(at, programs.pass)))).toMatchObject(gone)
    expect(
      refusal(() =>
        net.inside(() => attachIngress(at, { xdp: programs.xdpPass, tc: programs.pass })),
      ),
    ).toMatchObject(gone)
    // Only its name is left to forget.
    expect(net.inside(() => detachTc(at))).toBe(true)
    expect(readdirSync(pins.path)).toEqual([])
  })

  test.skipIf(!hasTcx())('pins that hold on to nothing are swept, the others stay', () => {
    net.ip('link', 'add', 'doomed', 'type', 'bridge')
    const doomed = net.inside(() => ifindexOf('doomed')) ?? 0
    net.inside(() => attachTc({ ...target(), ifindex: doomed }, programs.pass))
    net.inside(() => attachTc(target(), programs.drop))
    expect(sweepPins(pins.path)).toEqual([])
    net.ip('link', 'del', 'doomed')
    expect(sweepPins(pins.path)).toEqual([`tcx_${doomed}_ingress`])
    expect(net.isCutOff('10.9.0.2')).toBe(true)
    net.inside(() => detachTc(target()))
  })

  test('a program enforces on when the process that attached it is dead', () => {
    const script = new URL('../testing/attach-and-die.ts', import.meta.url).pathname
    const child = (): void => {
      execFileSync(process.execPath, ['--import', 'tsx', script, String(inner()), pins.path], {
        stdio: ['ignore', 'inherit', 'inherit'],
      })
    }
    expect(() => net.inside(child)).toThrow(/SIGKILL|Command failed/)
    expect(net.isCutOff('10.9.0.2')).toBe(true)

    // From what is attached to what decides, without a descriptor of our own.
    const [found] = attached()
    const program = BpfProgram.byId(found?.programId ?? 0)
    expect(program.info.tag).toBe(programs.drop.info.tag)
    const maps = program.openMaps()
    try {
      const outer = maps.get('pt_outer')
      const blob = BpfMap.byId(outer?.innerId(0) ?? 0)
      expect(blob.lookup(0)?.readUInt32LE(60)).toBe(0xdead)
      blob.close()
    } finally {
      for (const map of maps.values()) map.close()
      program.close()
    }
    expect(net.inside(() => detachTc(target()))).toBe(true)
    expect(net.reaches('10.9.0.2')).toBe(true)
  })

  test('without TCX a filter at clsact does the same, beside others', () => {
    const ifindex = inner()
    const tc = (...words: readonly string[]): void => {
      net.inside(() => execFileSync('tc', words, { stdio: ['ignore', 'ignore', 'pipe'] }))
    }
    const filters = () => net.inside(() => queryClsact(ifindex, 'ingress'))
    expect(filters()).toEqual([])
    net.inside(() => attachClsact(ifindex, 'ingress', programs.drop))
    expect(net.isCutOff('10.9.0.2')).toBe(true)
    expect(filters()).toMatchObject([
      { kind: 'bpf', isOurs: true, programId: programs.drop.info.id },
    ])
    net.inside(() => attachClsact(ifindex, 'ingress', programs.pass))
    expect(filters()).toMatchObject([{ isOurs: true, programId: programs.pass.info.id }])
    expect(attached()).toEqual([
      { hook: 'clsact', direction: 'ingress', programId: programs.pass.info.id },
    ])
    const theirs = join(pins.path, 'theirs')
    programs.drop.pin(theirs)
    tc(
      'filter',
      'add',
      'dev',
      'inner',
      'ingress',
      'prio',
      '7',
      'bpf',
      'da',
      'object-pinned',
      theirs,
    )
    // Ours passes on to theirs.
    expect(net.isCutOff('10.9.0.2')).toBe(true)
    expect(filters().map(({ kind, isOurs }) => [kind, isOurs])).toEqual([
      ['bpf', true],
      ['bpf', false],
    ])
    expect(net.inside(() => detachClsact(ifindex, 'ingress'))).toBe(true)
    expect(net.inside(() => removeEmptyClsact(ifindex))).toBe(false)
    tc('filter', 'del', 'dev', 'inner', 'ingress')
    expect(net.inside(() => removeEmptyClsact(ifindex))).toBe(true)
    expect(net.inside(() => removeEmptyClsact(ifindex))).toBe(false)
    expect(net.inside(() => detachClsact(ifindex, 'ingress'))).toBe(false)
  })

  test('an incoming packet meets XDP where the driver has it', () => {
    const at = target()
    expect(net.inside(() => driverHasXdp(at.ifindex))).not.toBe(false)
    const both = { xdp: programs.xdpDrop, tc: programs.drop }
    expect(net.inside(() => attachIngress(at, both))).toEqual({ hook: 'xdp' })
    expect(net.inside(() => queryXdp(at.ifindex))).toEqual({
      programId: programs.xdpDrop.info.id,
      mode: 'native',
    })
    expect(net.isCutOff('10.9.0.2')).toBe(true)
    const passing = { xdp: programs.xdpPass, tc: programs.pass }
    expect(net.inside(() => attachIngress(at, passing))).toEqual({ hook: 'xdp' })
    expect(net.reaches('10.9.0.2')).toBe(true)
    expect(net.inside(() => detachXdp(at))).toBe(true)
    expect(attached()).toEqual([])
  })

  test('and TC where it has not, or the place is taken; generic XDP only when asked for', () => {
    const both = { xdp: programs.xdpDrop, tc: programs.drop }
    const theirs = net.inside(() => attachXdp(inner(), programs.xdpPass, 'native'))
    const taken = net.inside(() => attachIngress(target(), both))
    expect(taken).toMatchObject({ whyNotXdp: 'another XDP program is attached' })
    expect(taken.hook).not.toBe('xdp')
    expect(net.isCutOff('10.9.0.2')).toBe(true)
    theirs.close()
    // Free again: the next call moves to XDP, and TC is left empty behind.
    expect(net.inside(() => attachIngress(target(), both))).toEqual({ hook: 'xdp' })
    expect(attached().map(({ hook }) => hook)).toEqual(['xdp'])
    net.inside(() => detachXdp(target()))

    net.ip('link', 'add', 'plain', 'type', 'bridge')
    const plain = { ifindex: net.inside(() => ifindexOf('plain')) ?? 0, pins: pins.path }
    expect(net.inside(() => driverHasXdp(plain.ifindex))).not.toBe(true)
    expect(net.inside(() => attachIngress(plain, both))).toMatchObject({
      whyNotXdp: 'the driver has no native XDP',
    })
    expect(net.inside(() => attachIngress(plain, both, 'generic'))).toEqual({ hook: 'xdp' })
    expect(net.inside(() => queryXdp(plain.ifindex))?.mode).toBe('generic')
    net.inside(() => detachXdp(plain))
  })

  test('the folder of pins is found again, and a pin is a name for one thing', () => {
    const again = openPinFolder({ name: `hftest${process.pid}`, mountPoint: join(folder, 'bpf') })
    expect(again.path).toBe(pins.path)
    const path = join(pins.path, 'program')
    programs.pass.pin(path)
    expect(
      isRefusal(
        refusal(() => programs.drop.pin(path)),
        'EEXIST',
      ),
    ).toBe(true)
    const found = BpfProgram.pinned(path)
    expect(found.info.id).toBe(programs.pass.info.id)
    found.close()
    expect(existsSync(path)).toBe(true)
  })
})
