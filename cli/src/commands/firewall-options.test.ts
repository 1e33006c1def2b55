import { beforeEach, expect, test } from 'vitest'
import { exitCodes } from '../exit.ts'
import { answers, holdfast, seen, signIn } from '../testing/harness.ts'

beforeEach(async () => {
  await signIn()
  answers.set('POST /interfaces', () => ({ status: 201, body: { name: 'wg0', addresses: [] } }))
  answers.set('PATCH /interfaces/wg0', () => ({ status: 200, body: { name: 'wg0' } }))
  answers.set('PATCH /nodes/gw', () => ({ status: 200, body: { name: 'gw' } }))
})
const sent = async (line: string): Promise<unknown> => {
  const { error } = await holdfast(line.split(' '))
  expect(error).toBeUndefined()
  return seen.at(-1)?.body
}

test('an interface is created with a firewall, and without one says nothing of it', async () => {
  const create = 'interface create --name wg0 --address 10.10.0.1/24'
  const plain = { name: 'wg0', addresses: ['10.10.0.1/24'] }
  expect(await sent(create)).toEqual(plain)
  expect(await sent(`${create} --default-verdict drop --stateful --drop-fragments`)).toEqual({
    ...plain,
    firewall: { default_verdict: 'drop', stateful: true, drop_fragments: true },
  })
})

test('a change of the firewall names only what changes', async () => {
  expect(await sent('interface set wg0 --no-stateful')).toEqual({ firewall: { stateful: false } })
  expect(await sent('interface update wg0 --unparsable-verdict pass')).toEqual({
    firewall: { unparsable_verdict: 'pass' },
  })
  expect(await sent('interface update wg0 --mtu 1400')).toEqual({ mtu: 1400 })
})

test('uplinks are named with their settings, all of them', async () => {
  expect(
    await sent('node set gw --uplink eth0,default-verdict=drop,stateful --uplink eth1'),
  ).toEqual({
    uplinks: [{ device: 'eth0', default_verdict: 'drop', stateful: true }, { device: 'eth1' }],
  })
  expect(await sent('node set gw --no-uplink')).toEqual({ uplinks: [] })
  expect(await sent('node update gw --name other')).toEqual({ name: 'other' })
})

test.each([
  'interface set wg0 --default-verdict maybe',
  'node set gw --uplink eth0,drop',
  'node set gw --uplink eth0,default-verdict=maybe',
  'node set gw --uplink eth0,stateful=yes',
  'node set gw --uplink ,stateful',
  'node set gw',
])('%s is wrong usage', async (line) => {
  expect((await holdfast(line.split(' '))).exitCode).toBe(exitCodes.usage)
})
