import { isIP } from 'node:net'
import { hostRefusal, parseTarget } from '@holdfast/egress'
import type { FieldError } from '@holdfast/errors'
import type { KindAddress } from './kind.ts'
import type { Surroundings } from './surroundings.ts'

/** What is wrong with a host field as it is written; names are judged again, by their addresses, at every connection. */
export function checkHost(
  field: string,
  host: string,
  { policy }: Surroundings,
  { isPlain }: { readonly isPlain: boolean },
): readonly FieldError[] {
  const odd = hostRefusal(host)
  if (odd !== undefined) return [{ field, code: 'host_invalid', detail: odd }]
  const refused = (detail: string) => [{ field, code: 'address_refused', detail }]
  if (isIP(host) !== 0) {
    const why = policy.refusal(host)
    if (why !== undefined) return refused(`${why}, ${allowed}`)
    if (isPlain && !policy.isAllowed(host)) return refused(plain)
  }
  return isPlain && !policy.hasAllowed ? refused(plain) : []
}

export function checkUrl(
  field: string,
  url: string,
  { policy }: Surroundings,
): readonly FieldError[] {
  const parsed = parseTarget(url, policy)
  if (!parsed.ok) return [{ field, code: parsed.code, detail: parsed.detail }]
  if (parsed.value.url.search !== '')
    return [{ field, code: 'url_invalid', detail: 'must not have a query (?…)' }]
  const odd = hostRefusal(parsed.value.host)
  return odd === undefined ? [] : [{ field, code: 'host_invalid', detail: odd }]
}

/** The host of a URL that was judged, as `addresses` of a kind. */
export function addressOf(field: string, url: string): KindAddress {
  const { hostname, protocol } = new URL(url)
  return { field, host: hostname.replace(/^\[(.*)\]$/, '$1'), isPlain: protocol === 'http:' }
}

const allowed = 'which the operator does not allow (HOLDFAST_EGRESS_ALLOW)'
const plain =
  'an unencrypted connection only goes where the operator allows it (HOLDFAST_EGRESS_ALLOW)'
