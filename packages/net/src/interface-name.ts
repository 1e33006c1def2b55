import type { Brand } from '@holdfast/domain'
import { accept, type Parsed, quoted, refuse } from './parsed.ts'

/** Name of a network device we may create. */
export type InterfaceName = Brand<string, 'InterfaceName'>

const pattern = /^[a-z][a-z0-9_-]{0,14}$/

/** 1 to 15 characters of a-z, 0-9, `_` and `-`, a letter first (NU-13). */
export function parseInterfaceName(text: string): Parsed<InterfaceName> {
  if (pattern.test(text)) return accept(text as InterfaceName) // as: checked
  return refuse(
    'interface_name_invalid',
    `${quoted(text)} is not an interface name: 1 to 15 characters of a-z, 0-9, _ and -, a letter first, for example wg0`,
  )
}

/** The nearest valid form of a foreign name, for the offer to rename: `Wg0` gives `wg0`, `0 vpn.conf` gives `wg0-vpn`. */
export function suggestInterfaceName(text: string): InterfaceName {
  const plain = text
    .replace(/^.*[/\\]/, '')
    .replace(/\.conf$/i, '')
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '')
  const named = /^[a-z]/.test(plain) ? plain : `wg${plain}`
  return named.slice(0, 15).replace(/[-_]+$/, '') as InterfaceName // as: made to fit; at least `wg`
}
