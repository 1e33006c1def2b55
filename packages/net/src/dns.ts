import { isIP } from 'node:net'
import type { Brand } from '@holdfast/domain'
import { parseHostName } from './endpoint.ts'
import { parseIp } from './ip.ts'
import { accept, type Parsed, quoted, refuse } from './parsed.ts'

/** One word of wg-quick's `DNS`: a resolver's address, or a search domain. */
export type DnsEntry = Brand<string, 'DnsEntry'>

export function parseDnsEntry(text: string): Parsed<DnsEntry> {
  if (isIP(text) !== 0) {
    const address = parseIp(text)
    return address.ok ? accept(address.value as string as DnsEntry) : address // as: an address is an entry
  }
  const domain = parseHostName(text)
  if (domain.ok && !text.includes(':') && !text.startsWith('[')) {
    return accept(domain.value as string as DnsEntry) // as: a name is an entry
  }
  return refuse('dns_invalid', `${quoted(text)} is neither an address nor a search domain`)
}
