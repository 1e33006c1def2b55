/** `time_unix_us` of holdfast.log.v1.Commit. A published field keeps its number. */
const timeField = 13
const varint = 0
const fixed64 = 1
const lengthDelimited = 2
const fixed32 = 5

/**
 * When a commit says it was decided, in µs since 1970: its first field 13. 0 for a payload that states none
 * or is no protobuf message. Read from the payload, as it is the one clock that healing never changes
 * (a republished message gets a new server time), and so that footers can be checked without a schema.
 */
export function commitTimeUs(payload: Uint8Array): number {
  let at = 0
  // Numbers lose precision beyond 2^53, which no tag, length or time of ours reaches.
  const next = (): number => {
    let value = 0
    for (let scale = 1; at < payload.length; scale *= 128) {
      const byte = payload[at++] ?? 0
      value += (byte & 0x7f) * scale
      if (value > Number.MAX_SAFE_INTEGER) return -1
      if (byte < 0x80) return value
    }
    return -1
  }
  while (at < payload.length) {
    const tag = next()
    if (tag < 8) return 0
    const type = tag % 8
    const field = (tag - type) / 8
    if (type === varint) {
      const value = next()
      if (value < 0) return 0
      if (field === timeField) return value
    } else if (type === lengthDelimited) {
      const length = next()
      if (length < 0) return 0
      at += length
    } else if (type === fixed64) at += 8
    else if (type === fixed32) at += 4
    else return 0
  }
  return 0
}
