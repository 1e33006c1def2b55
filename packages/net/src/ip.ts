import { isIP } from 'node:net'
import type { Brand } from '@holdfast/domain'
import { accept, type Parsed, quoted, refuse } from './parsed.ts'

/** An address in its one canonical form: dotted quad, or RFC 5952. Never v4-mapped, never with a zone. */
export type IpAddress = Brand<string, 'IpAddress'>

export type IpFamily = 4 | 6

/** An address as a number, for arithmetic. */
export interface IpNumber {
  readonly family: IpFamily
  readonly value: bigint
}

export const bitsOf = (family: IpFamily): 32 | 128 => (family === 4 ? 32 : 128)

export const familyOf = (address: string): IpFamily => (address.includes(':') ? 6 : 4)

const mappedPrefix = 0xffffn << 32n

/**
 * Takes any spelling of IPv6 and the plain dotted quad of IPv4; octal, short and hexadecimal forms, zones
 * and v4-mapped addresses are refused (`address_invalid`, `address_v4_mapped`): each would let one
 * address hide behind two spellings.
 */
export function parseIp(text: string): Parsed<IpAddress> {
  const number = readIp(text)
  if (!number.ok) return number
  return accept(printIp(number.value))
}

/** Like `parseIp`, as a number. */
export function readIp(text: string): Parsed<IpNumber> {
  const family = text.includes('%') ? 0 : isIP(text)
  if (family === 4) return accept({ family: 4, value: BigInt(quadNumber(text)) })
  if (family !== 6) {
    return refuse('address_invalid', `${quoted(text)} is not an IPv4 or IPv6 address`)
  }
  const value = groupsNumber(text)
  if (value >> 32n === 0xffffn) {
    return refuse(
      'address_v4_mapped',
      `${quoted(text)} is an IPv4 address in IPv6 clothes; write ${printIp({ family: 4, value: value - mappedPrefix })}`,
    )
  }
  return accept({ family: 6, value })
}

/** The number of an address that is canonical already. */
export function ipNumber(address: IpAddress): IpNumber {
  return address.includes(':')
    ? { family: 6, value: groupsNumber(address) }
    : { family: 4, value: BigInt(quadNumber(address)) }
}

function quadNumber(text: string): number {
  let value = 0
  let octet = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 46) {
      value = value * 256 + octet
      octet = 0
    } else {
      octet = octet * 10 + code - 48
    }
  }
  return value * 256 + octet
}

/** Only for text `isIP` calls IPv6. */
function groupsNumber(text: string): bigint {
  const [head = '', tail] = text.split('::')
  const left = groups(head)
  const right = tail === undefined ? [] : groups(tail)
  const all =
    tail === undefined ? left : [...left, ...zeros(8 - left.length - right.length), ...right]
  let value = 0n
  for (const group of all) value = (value << 16n) | BigInt(group)
  return value
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0)

function groups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const quad = quadNumber(group)
    return [Math.floor(quad / 65536), quad % 65536]
  })
}

/** The canonical text of a number: RFC 5952 for IPv6. The value must fit the family. */
export function printIp({ family, value }: IpNumber): IpAddress {
  // as: the one place canonical text is made
  return (family === 4 ? printQuad(Number(value)) : printGroups(value)) as IpAddress
}

const printQuad = (value: number): string =>
  `${Math.floor(value / 0x1000000)}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`

function printGroups(value: bigint): string {
  const high = value >> 64n
  const low = value & 0xffff_ffff_ffff_ffffn
  const words = [...fourWords(high), ...fourWords(low)]
  // The longest run of two or more zero groups is shortened, the first of equals.
  let best = -1
  let bestLength = 1
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && words[start + length] === 0) length++
    if (length > bestLength) {
      best = start
      bestLength = length
    }
    if (length > 0) start += length
  }
  const hex = words.map((word) => word.toString(16))
  if (best < 0) return hex.join(':')
  return `${hex.slice(0, best).join(':')}::${hex.slice(best + bestLength).join(':')}`
}

function fourWords(half: bigint): number[] {
  const upper = Number(half >> 32n)
  const lower = Number(half & 0xffff_ffffn)
  return [upper >>> 16, upper & 0xffff, lower >>> 16, lower & 0xffff]
}
