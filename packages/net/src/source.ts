import { parseCidrLoosely } from './cidr.ts'
import { parseIp } from './ip.ts'

/**
 * Where somebody comes from, as limits and records count it: an IPv4 address, or the /64 of an IPv6 one, since a
 * single subscriber owns at least that much. Anything else counts as one source, `unknown`.
 */
export function sourceOf(clientAddress: string): string {
  const text = clientAddress.replace(/^::ffff:(?=\d+\.)/i, '')
  const ip = parseIp(text)
  if (!ip.ok) return 'unknown'
  if (!ip.value.includes(':')) return ip.value
  const network = parseCidrLoosely(`${ip.value}/64`)
  return network.ok ? network.value : 'unknown'
}
