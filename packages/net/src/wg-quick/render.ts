import type { WgQuickDirective, WgQuickFile, WgQuickInterface, WgQuickPeer } from './file.ts'

/**
 * The text of a wg-quick(8) file. `parseWgQuick` reads it back as it was.
 *
 * Line breaks inside comments and values become spaces: text a user chose must not become a directive,
 * least of all one that wg-quick runs.
 */
export function renderWgQuick(file: WgQuickFile): string {
  return `${[interfaceLines(file.interface), ...file.peers.map(peerLines)]
    .map((section) => section.join('\n'))
    .join('\n\n')}\n`
}

function interfaceLines(section: WgQuickInterface): string[] {
  return [
    '[Interface]',
    ...section.comments.map(comment),
    ...(section.privateKey ? [`PrivateKey = ${section.privateKey}`] : []),
    ...(section.addresses.length > 0 ? [`Address = ${section.addresses.join(', ')}`] : []),
    ...(section.listenPort === undefined ? [] : [`ListenPort = ${section.listenPort}`]),
    ...(section.dns.length > 0 ? [`DNS = ${section.dns.join(', ')}`] : []),
    ...(section.mtu === undefined ? [] : [`MTU = ${section.mtu}`]),
    ...section.others.map(directive),
  ]
}

function peerLines(section: WgQuickPeer): string[] {
  return [
    '[Peer]',
    ...section.comments.map(comment),
    `PublicKey = ${section.publicKey}`,
    ...(section.presharedKey ? [`PresharedKey = ${section.presharedKey}`] : []),
    ...(section.allowedIps.length > 0 ? [`AllowedIPs = ${section.allowedIps.join(', ')}`] : []),
    ...(section.endpoint ? [`Endpoint = ${section.endpoint}`] : []),
    ...(section.keepaliveSeconds === undefined
      ? []
      : [`PersistentKeepalive = ${section.keepaliveSeconds}`]),
    ...section.others.map(directive),
  ]
}

const breaks = /[\r\n]+/g
const comment = (text: string): string => `# ${text.replace(breaks, ' ')}`
const directive = ({ key, value }: WgQuickDirective): string =>
  `${key} = ${value.replace(breaks, ' ')}`
