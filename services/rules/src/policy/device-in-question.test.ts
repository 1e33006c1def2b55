import { expect, test } from 'vitest'
import { nodeIdOf } from '../domain/fixtures.ts'
import { host, interfaceIdOf } from '../testing/host-fixtures.ts'
import { DeviceNotFound, deviceInQuestion, NodeNotFound } from './device-in-question.ts'

const hosts = [host(1, { hasUplink: true }), host(2, { hasUplink: true })]
const found = (device: string, node = '') => {
  const { host: on, device: name } = deviceInQuestion(hosts, { interface: device, node })
  return `${name} on ${on.name}`
}

test('a device is found by its name or id, narrowed by the node', () => {
  expect(found('wg2')).toBe('wg2 on gw-2')
  expect(found(interfaceIdOf(1))).toBe('wg1 on gw-1')
  expect(found('eth0', 'GW-2')).toBe('eth0 on gw-2')
  expect(found('', nodeIdOf(1))).toBe('eth0 on gw-1')
  expect(deviceInQuestion([host(1)], { interface: '', node: '' }).device).toBe('wg1')
})

test('what is not there or not clear is refused with the choice', () => {
  expect(() => found('wg9')).toThrow(DeviceNotFound({ device: 'wg9' }))
  expect(() => found('', 'gw-9')).toThrow(NodeNotFound({ node: 'gw-9' }))
  expect(() => found('eth0')).toThrow('node: say which one: eth0 on gw-1, eth0 on gw-2')
  expect(() => found('')).toThrow('interface: say which one: wg1 on gw-1, eth0 on gw-1')
  expect(() => deviceInQuestion([host(1)], { interface: '', node: 'gw-1' })).toThrow('an uplink')
})
