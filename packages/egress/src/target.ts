import { isIP } from 'node:net'
import { accept, type Parsed, refuse } from '@holdfast/net'
import type { EgressPolicy } from './policy.ts'

/** Where a request goes, as far as the text says. */
export interface EgressTarget {
  readonly url: URL
  /** Host name, or an address without brackets. */
  readonly host: string
  readonly isLiteral: boolean
  readonly port: number
}

const maxUrl = 2_000

/**
 * Looks at a URL somebody typed (`url_invalid`, `address_refused`). Addresses in it are judged here, names when they are
 * resolved. An address has one spelling: what a parser turns into another (2130706433, 0x7f.1, 0177.0.0.1) is refused,
 * since two programs may read it as two addresses.
 */
export function parseTarget(text: string, policy: EgressPolicy): Parsed<EgressTarget> {
  if (text.length > maxUrl) return refuse('url_invalid', `must have ${maxUrl} characters at most`)
  if (!/^https?:\/\//i.test(text)) {
    return refuse('url_invalid', 'must be a URL that begins with https://')
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || url.hostname === '' || /[\s\\]/.test(text)) {
    return refuse('url_invalid', 'is not a URL; an example is https://hooks.example.org/holdfast')
  }
  if (url.username !== '' || url.password !== '' || authorityOf(text).includes('@')) {
    return refuse('url_invalid', 'must not hold a user name or password')
  }
  if (url.hash !== '') return refuse('url_invalid', 'must not have a fragment (#…)')
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isLiteral = isIP(host) !== 0
  const isSecure = url.protocol === 'https:'
  const port = url.port === '' ? (isSecure ? 443 : 80) : Number(url.port)
  if (port === 0) return refuse('url_invalid', 'must not have port 0')
  if (isLiteral) {
    const written = hostIn(authorityOf(text))
    if (isIP(written) === 0) {
      return refuse('address_refused', `must spell the address as ${host}`)
    }
    const why = policy.refusal(written)
    if (why !== undefined) return refuse('address_refused', refusalText(why))
  }
  // A name behind http:// is judged when it is resolved; where nothing is allowed it need not be.
  const mayBePlain = isLiteral ? policy.isAllowed(host) : policy.hasAllowed
  if (!isSecure && !mayBePlain) {
    return refuse(
      'address_refused',
      'must begin with https://; http:// only goes where the operator allows it',
    )
  }
  return accept({ url, host, isLiteral, port })
}

export const refusalText = (why: string): string =>
  `${why}, which the operator does not allow (HOLDFAST_EGRESS_ALLOW)`

const authorityOf = (text: string): string => /^https?:\/\/([^/?#]*)/i.exec(text)?.[1] ?? ''

const hostIn = (authority: string): string =>
  authority.startsWith('[')
    ? authority.slice(1, authority.indexOf(']'))
    : authority.replace(/:[0-9]*$/, '')
