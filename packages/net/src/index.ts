export {
  addressOf,
  type Cidr,
  contains,
  type HostCidr,
  hostCidr,
  hostRange,
  hostRoute,
  type Network,
  networkOf,
  overlaps,
  parseCidr,
  parseCidrLoosely,
  parseHostCidr,
  parseHostCidrLoosely,
  printNetwork,
  readNetwork,
  singleAddress,
} from './cidr.ts'
export { type DeviceName, parseDeviceName } from './device-name.ts'
export { type DnsEntry, parseDnsEntry } from './dns.ts'
export {
  type Endpoint,
  endpointOf,
  type HostName,
  hasPort,
  parseEndpoint,
  parseEndpointOrHost,
  parseHostName,
} from './endpoint.ts'
export { type InterfaceName, parseInterfaceName, suggestInterfaceName } from './interface-name.ts'
export {
  familyOf,
  type IpAddress,
  type IpFamily,
  type IpNumber,
  ipNumber,
  parseIp,
  printIp,
} from './ip.ts'
export { isPrintable, parseName } from './name.ts'
export { accept, type Parsed, type Parser, quoted, refuse, take } from './parsed.ts'
export { QrTooLong, qrPng, qrSvg, qrTerminal } from './qr.ts'
export { sourceOf } from './source.ts'
export { parseWgKey, type WgKey, wgKeyBytes, wgKeyFrom } from './wg-key.ts'
export type {
  WgQuickDirective,
  WgQuickFile,
  WgQuickInterface,
  WgQuickPeer,
  WgQuickProblem,
} from './wg-quick/file.ts'
export { isHook, parseWgQuick, type WgQuickReading } from './wg-quick/parse.ts'
export { renderWgQuick } from './wg-quick/render.ts'
