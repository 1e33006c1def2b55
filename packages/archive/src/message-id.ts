const key = Buffer.from('\r\nNats-Msg-Id:', 'latin1')

/** The value of the first `Nats-Msg-Id` of a raw NATS header block, empty without one. As the server looks for it. */
export function messageIdOf(headers: Uint8Array): string {
  if (headers.length === 0) return ''
  const block = Buffer.from(headers.buffer, headers.byteOffset, headers.length)
  const at = block.indexOf(key)
  if (at === -1) return ''
  const end = block.indexOf('\r\n', at + key.length, 'latin1')
  return block.toString('utf8', at + key.length, end === -1 ? block.length : end).trim()
}
