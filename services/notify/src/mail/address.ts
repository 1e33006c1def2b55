import { accept, type Parser, refuse } from '@holdfast/net'

const local = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/
const domain =
  /^[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?(\.[\p{L}\p{N}]([\p{L}\p{N}-]*[\p{L}\p{N}])?)*$/u

/**
 * A mail address without a name: dot-atoms only (RFC 5321), so that no space, quote, comma or line break of it can mean
 * something else in a header.
 */
export const parseMailAddress: Parser<string> = (text) => {
  const address = text.trim()
  const at = address.lastIndexOf('@')
  const [mailbox, host] = [address.slice(0, Math.max(0, at)), address.slice(at + 1)]
  const fits = address.length <= 254 && mailbox.length <= 64
  return fits && at > 0 && local.test(mailbox) && domain.test(host)
    ? accept(address)
    : refuse('address_invalid', 'must be a mail address such as ops@example.org')
}
