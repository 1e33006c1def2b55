import { createHash } from 'node:crypto'
import { sumsName } from '../member.ts'
import {
  blockBytes,
  decodeTarHeader,
  encodeTarHeader,
  endBytes,
  paddingBytes,
} from '../tar-header.ts'
import { sumLine } from '../write-bundle.ts'

export interface Entry {
  readonly name: string
  readonly content: Buffer
}

/** Takes a bundle apart, so that it can be put together wrongly. */
export function entriesOf(bytes: Buffer): Entry[] {
  const entries: Entry[] = []
  for (let at = 0; at < bytes.length - endBytes; ) {
    const header = decodeTarHeader(bytes.subarray(at, at + blockBytes))
    if (!header) throw new Error('no header of ours')
    const from = at + blockBytes
    entries.push({ name: header.name, content: bytes.subarray(from, from + header.size) })
    at = from + header.size + paddingBytes(header.size)
  }
  return entries
}

export const timeOf = (bytes: Buffer): number =>
  decodeTarHeader(bytes.subarray(0, blockBytes))?.modifiedAtUnixSeconds ?? 0

export const tarOf = (entries: readonly Entry[], modifiedAtUnixSeconds: number): Buffer =>
  Buffer.concat([
    ...entries.flatMap(({ name, content }) => [
      encodeTarHeader({ name, size: content.length, modifiedAtUnixSeconds }),
      content,
      Buffer.alloc(paddingBytes(content.length)),
    ]),
    Buffer.alloc(endBytes),
  ])

/** With sums that hold, as somebody would make them who means harm. */
export function forged(entries: readonly Entry[], modifiedAtUnixSeconds: number): Buffer {
  const rest = entries.filter(({ name }) => name !== sumsName)
  const sums = rest.map(({ name, content }) =>
    sumLine(createHash('sha256').update(content).digest('hex'), name),
  )
  return tarOf(
    [{ name: sumsName, content: Buffer.from(sums.join('')) }, ...rest],
    modifiedAtUnixSeconds,
  )
}
