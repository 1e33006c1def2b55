import type { Msg } from 'nats'

const idLine = Buffer.from('\r\nNats-Msg-Id:', 'latin1')
const traceLine = Buffer.from('\r\ntraceparent:', 'latin1')
const lineEnd = Buffer.from('\r\n', 'latin1')
const none = new Uint8Array()

/**
 * The header block of a message as it is stored, byte for byte; empty when it has none. The client
 * only offers its own parsed form, and parsing costs more than all the rest of reading a commit.
 */
export function rawHeaderOf(message: Msg): Uint8Array {
  // The pinned client keeps header and payload in one array; `data` is the end of it.
  const { _rdata: whole } = message as unknown as { readonly _rdata?: unknown }
  if (whole instanceof Uint8Array && whole.length >= message.data.length)
    return whole.subarray(0, whole.length - message.data.length)
  const { headers } = message as unknown as { readonly headers?: { encode(): Uint8Array } }
  return headers?.encode() ?? none
}

/** The value of `Nats-Msg-Id` in a header block; empty when there is none. */
export const messageIdIn = (header: Uint8Array): string => valueIn(header, idLine)

/** The `traceparent` of whoever stored the message; empty when nobody was traced. */
export const traceparentIn = (header: Uint8Array): string => valueIn(header, traceLine)

function valueIn(header: Uint8Array, line: Buffer): string {
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.byteLength)
  const at = bytes.indexOf(line)
  if (at < 0) return ''
  const start = at + line.length
  const end = bytes.indexOf(lineEnd, start)
  return end < 0 ? '' : bytes.toString('utf8', start, end).trim()
}
