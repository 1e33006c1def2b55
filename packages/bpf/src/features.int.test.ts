import { spawnSync } from 'node:child_process'
import { release } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ifindexOf } from './devices.ts'
import { type Feature, featureNames, probeFeatures, probeXdp } from './features.ts'
import { type NetNamespace, namespacesMissing, netNamespace } from './testing/net-namespace.ts'
import { bpfMissing } from './testing/permitted.ts'

const missing = bpfMissing() ?? namespacesMissing()
if (missing) console.log(`skipped: what this kernel can do (${missing})`)

test('every feature is told with a reason, whatever this host is', () => {
  const features = probeFeatures({ path: process.env['HOLDFAST_LIBBPF'] })
  expect(features.map(({ name }) => name)).toEqual(
    featureNames.filter((name) => name !== 'xdp_native'),
  )
  for (const { reason, without } of features) {
    expect(reason).not.toBe('')
    expect(without).not.toBe('')
  }
  console.info(features.map((one) => `${one.name}: ${one.isPresent} (${one.reason})`).join('\n'))
})

test('a libbpf that is not there is told with where to get it', () => {
  const found = probeFeatures({ path: '/nonexistent/libbpf.so.1' }).find(
    ({ name }) => name === 'libbpf',
  )
  expect(found).toMatchObject({ isPresent: false })
  expect(found?.reason).toContain('HOLDFAST_LIBBPF names no file: /nonexistent/libbpf.so.1')
})

describe.skipIf(missing !== undefined)('where BPF is permitted', () => {
  let net: NetNamespace
  beforeAll(() => {
    net = netNamespace()
    net.ip('link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'end')
    net.ip('link', 'add', 'plain', 'type', 'bridge')
  })
  afterAll(() => net?.remove())

  test('the probes agree with what is known of kernels', () => {
    const [major = 0, minor = 0] = release().split('.').map(Number)
    const isAtLeast = (x: number, y: number): boolean => major > x || (major === x && minor >= y)
    const present = new Map(probeFeatures({}).map((one) => [one.name, one.isPresent]))
    expect(present.get('bpf')).toBe(true)
    if (isAtLeast(6, 9)) expect(present.get('may_goto')).toBe(true)
    if (isAtLeast(6, 6)) expect(present.get('tcx')).toBe(true)
    if (isAtLeast(5, 17)) expect(present.get('bpf_loop')).toBe(true)
    if (isAtLeast(5, 14)) expect(present.get('batch')).toBe(true)
  })

  test.skipIf(spawnSync('setpriv', ['--version']).status !== 0)(
    'a process without the rights is told which it lacks',
    () => {
      const script = new URL('./testing/print-features.ts', import.meta.url).pathname
      const words = ['--bounding-set=-all', '--inh-caps=-all', process.execPath, '--import', 'tsx']
      const { stdout } = spawnSync('setpriv', [...words, script], { encoding: 'utf8' })
      const features = JSON.parse(stdout) as Feature[]
      const reasons = new Map(features.map((one) => [one.name, one.reason]))
      expect(features.find(({ name }) => name === 'bpf')?.isPresent).toBe(false)
      expect(reasons.get('bpf')).toContain('this process lacks CAP_BPF and CAP_NET_ADMIN')
      expect(reasons.get('tcx')).toBe('cannot be tried without BPF')
      expect(features.find(({ name }) => name === 'libbpf')?.isPresent).toBe(true)
    },
  )

  test('native XDP is a question of the device', () => {
    const probe = (device: string) => net.inside(() => probeXdp(ifindexOf(device) ?? 0))
    expect(probe('cable').isPresent).not.toBe(false)
    expect(probe('plain').isPresent).not.toBe(true)
    expect(probe('nobody')).toMatchObject({ isPresent: false, reason: 'there is no device 0' })
  })
})
