import { isUuid } from '@holdfast/domain'
import { defineError, invalid } from '@holdfast/errors'
import type { Host } from '../topology/host.ts'

export const NodeNotFound = defineError(
  'rules.node_not_found',
  'not_found',
  (d: { node: string }) => `there is no node ${d.node}`,
)
export const DeviceNotFound = defineError(
  'rules.device_not_found',
  'not_found',
  (d: { device: string }) =>
    `no node judges packets on ${d.device}: it is no interface that is on, and no uplink`,
)

/** A device of a host, by the name it has there. */
export interface HostDevice {
  readonly host: Host
  readonly device: string
  /** Empty for an uplink. */
  readonly interfaceId: string
}

export const devicesOf = (host: Host): readonly HostDevice[] => {
  const interfaces = host.facts.interfaces.map(({ id, device }) => ({
    host,
    device,
    interfaceId: id,
  }))
  const taken = new Set(interfaces.map(({ device }) => device))
  const uplinks = host.facts.uplinks.filter(({ device }) => !taken.has(device))
  return [...interfaces, ...uplinks.map(({ device }) => ({ host, device, interfaceId: '' }))]
}

const isNamed = (text: string, id: string, name: string): boolean =>
  isUuid(text) ? id === text : name.toLowerCase() === text.toLowerCase()

/**
 * The device a packet is on: an interface by id or name, an uplink by its device, narrowed by the node; of a node
 * alone its only uplink. When nothing is said, the only device there is. Throws `rules.node_not_found`,
 * `rules.device_not_found`, or `invalid` naming the choice.
 */
export function deviceInQuestion(
  hosts: readonly Host[],
  wanted: { readonly interface: string; readonly node: string },
): HostDevice {
  const { interface: device, node } = wanted
  const there =
    node === '' ? hosts : hosts.filter(({ facts, name }) => isNamed(node, facts.nodeId, name))
  if (there.length === 0 && node !== '') throw NodeNotFound({ node: shown(node) })
  const all = there.flatMap(devicesOf)
  if (device !== '') {
    const named = all.filter((one) => isNamed(device, one.interfaceId, one.device))
    if (named.length === 0) throw DeviceNotFound({ device: shown(device) })
    return only(named, 'node')
  }
  const found = node === '' ? all : all.filter(({ interfaceId }) => interfaceId === '')
  if (found.length === 0) throw DeviceNotFound({ device: node === '' ? 'any device' : 'an uplink' })
  return only(found, 'interface')
}

const maxNamed = 20

function only(devices: readonly HostDevice[], field: string): HostDevice {
  const [first, ...others] = devices
  if (first && others.length === 0) return first
  const named = devices.slice(0, maxNamed).map(({ host, device }) => `${device} on ${host.name}`)
  const more = devices.length > maxNamed ? ` and ${devices.length - maxNamed} more` : ''
  throw invalid({ field, code: 'required', detail: `say which one: ${named.join(', ')}${more}` })
}

const shown = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text)
