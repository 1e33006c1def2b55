import { createHash } from 'node:crypto'

/**
 * Ids of the flows of one batch, by time and place in it: the same batch read twice gives the same ids. The first 48
 * bits are the time of the flow's last packet, so that an id tells the partition it is in. RFC 9562 version 8.
 */
export function flowIds(
  nodeId: string,
  instanceId: string,
  number: number,
): (lastUnixMs: number, index: number) => string {
  const hash = createHash('sha256').update(`${nodeId}\n${instanceId}\n${number}`).digest('hex')
  const middle = `8${hash.slice(0, 3)}-8${hash.slice(3, 6)}-${hash.slice(6, 12)}`
  let time = -1
  let prefix = ''
  return (lastUnixMs, index) => {
    if (lastUnixMs !== time) {
      const text = lastUnixMs.toString(16).padStart(12, '0')
      prefix = `${text.slice(0, 8)}-${text.slice(8)}-${middle}`
      time = lastUnixMs
    }
    return prefix + index.toString(16).padStart(6, '0')
  }
}

/** The time an id tells, ms since 1970. Anything that looks like a UUID gives some time. */
export const timeOfFlowId = (id: string): number =>
  Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
