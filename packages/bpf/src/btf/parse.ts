/**
 * Types as a compiler writes them for BPF (BTF, little endian): the layouts user space and kernel programs share.
 * Reads sizes and offsets only; bit fields are refused where a layout needs them.
 */

export type BtfType =
  | { readonly kind: 'void' }
  | {
      readonly kind: 'int'
      readonly name: string
      readonly bytes: number
      readonly isSigned: boolean
    }
  | { readonly kind: 'pointer'; readonly to: number }
  | { readonly kind: 'array'; readonly of: number; readonly length: number }
  | {
      readonly kind: 'struct' | 'union'
      readonly name: string
      readonly bytes: number
      readonly members: readonly BtfMember[]
    }
  | {
      readonly kind: 'enum'
      readonly name: string
      readonly bytes: number
      readonly isSigned: boolean
      readonly values: readonly { readonly name: string; readonly value: bigint }[]
    }
  /** A name or a qualifier before another type. */
  | { readonly kind: 'alias'; readonly name: string; readonly of: number }
  | { readonly kind: 'variable'; readonly name: string; readonly of: number }
  | {
      readonly kind: 'section'
      readonly name: string
      readonly variables: readonly {
        readonly variable: number
        readonly offset: number
        readonly bytes: number
      }[]
    }
  /** Functions, floats and tags, which no layout is made of. */
  | { readonly kind: 'other'; readonly name: string }

export interface BtfMember {
  readonly name: string
  readonly type: number
  readonly bitOffset: number
  /** 0 when it is none. */
  readonly bitFieldBits: number
}

/** By type number; 0 is void. */
export interface Btf {
  readonly types: readonly BtfType[]
}

export class BtfInvalid extends Error {
  override readonly name = 'BtfInvalid'
}

/** Reads the bytes of a `.BTF` section. Throws BtfInvalid. */
export function parseBtf(data: Buffer): Btf {
  try {
    return parse(data)
  } catch (error) {
    if (error instanceof RangeError) throw new BtfInvalid('it ends too early', { cause: error })
    throw error
  }
}

function parse(data: Buffer): Btf {
  if (data.readUInt16LE(0) !== 0xeb9f) throw new BtfInvalid('it does not begin like BTF')
  if (data.readUInt8(2) !== 1) throw new BtfInvalid(`version ${data.readUInt8(2)} is not known`)
  const headerBytes = data.readUInt32LE(4)
  const typesAt = headerBytes + data.readUInt32LE(8)
  const typesEnd = typesAt + data.readUInt32LE(12)
  const strings = data
    .subarray(headerBytes + data.readUInt32LE(16))
    .subarray(0, data.readUInt32LE(20))
  if (typesEnd > data.length) throw new BtfInvalid('it ends too early')

  const text = (offset: number): string => {
    const end = strings.indexOf(0, offset)
    if (end < 0) throw new BtfInvalid('a name has no end')
    return strings.toString('utf8', offset, end)
  }
  const types: BtfType[] = [{ kind: 'void' }]
  let at = typesAt
  while (at < typesEnd) {
    const { type, next } = readType(data, at, text)
    types.push(type)
    at = next
  }
  return { types }
}

type Read = { readonly type: BtfType; readonly next: number }

function readType(data: Buffer, at: number, text: (offset: number) => string): Read {
  const name = text(data.readUInt32LE(at))
  const info = data.readUInt32LE(at + 4)
  const sizeOrType = data.readUInt32LE(at + 8)
  const count = info & 0xffff
  const hasFlag = info >>> 31 === 1
  const body = at + 12
  const plain = (type: BtfType, bytes = 0): Read => ({ type, next: body + bytes })
  const entries = <T>(bytes: number, read: (entry: number) => T): readonly T[] =>
    Array.from({ length: count }, (_, index) => read(body + index * bytes))

  switch ((info >>> 24) & 0x1f) {
    case 1: {
      const isSigned = ((data.readUInt32LE(body) >>> 24) & 1) === 1
      return plain({ kind: 'int', name, bytes: sizeOrType, isSigned }, 4)
    }
    case 2:
      return plain({ kind: 'pointer', to: sizeOrType })
    case 3:
      return plain(
        { kind: 'array', of: data.readUInt32LE(body), length: data.readUInt32LE(body + 8) },
        12,
      )
    case 4:
    case 5: {
      const members = entries(12, (entry) => {
        const offset = data.readUInt32LE(entry + 8)
        return {
          name: text(data.readUInt32LE(entry)),
          type: data.readUInt32LE(entry + 4),
          bitOffset: hasFlag ? offset & 0xffffff : offset,
          bitFieldBits: hasFlag ? offset >>> 24 : 0,
        }
      })
      const kind = ((info >>> 24) & 0x1f) === 4 ? 'struct' : 'union'
      return plain({ kind, name, bytes: sizeOrType, members }, count * 12)
    }
    case 6: {
      const values = entries(8, (entry) => ({
        name: text(data.readUInt32LE(entry)),
        value: BigInt(hasFlag ? data.readInt32LE(entry + 4) : data.readUInt32LE(entry + 4)),
      }))
      return plain({ kind: 'enum', name, bytes: sizeOrType, isSigned: hasFlag, values }, count * 8)
    }
    case 19: {
      const values = entries(12, (entry) => ({
        name: text(data.readUInt32LE(entry)),
        value: hasFlag ? data.readBigInt64LE(entry + 4) : data.readBigUInt64LE(entry + 4),
      }))
      return plain({ kind: 'enum', name, bytes: sizeOrType, isSigned: hasFlag, values }, count * 12)
    }
    case 8: // typedef
    case 9: // volatile
    case 10: // const
    case 11: // restrict
    case 18: // type tag
      return plain({ kind: 'alias', name, of: sizeOrType })
    case 7: // forward declaration
    case 12: // function
    case 16: // float
      return plain({ kind: 'other', name })
    case 13: // function prototype
      return plain({ kind: 'other', name }, count * 8)
    case 14:
      return plain({ kind: 'variable', name, of: sizeOrType }, 4)
    case 15: {
      const variables = entries(12, (entry) => ({
        variable: data.readUInt32LE(entry),
        offset: data.readUInt32LE(entry + 4),
        bytes: data.readUInt32LE(entry + 8),
      }))
      return plain({ kind: 'section', name, variables }, count * 12)
    }
    case 17: // declaration tag
      return plain({ kind: 'other', name }, 4)
    default:
      throw new BtfInvalid(`type kind ${(info >>> 24) & 0x1f} is not known`)
  }
}

/** The type behind names and qualifiers. */
export function resolved(btf: Btf, id: number): BtfType {
  // A loop of aliases is as long as the list at most.
  for (let steps = 0, at = id; steps <= btf.types.length; steps++) {
    const type = btf.types[at]
    if (!type) throw new BtfInvalid(`there is no type ${at}`)
    if (type.kind !== 'alias') return type
    at = type.of
  }
  throw new BtfInvalid(`type ${id} is only names`)
}

/** Bytes a value of the type takes. */
export const bytesOf = (btf: Btf, id: number): number => nestedBytes(btf, id, 0)

function nestedBytes(btf: Btf, id: number, depth: number): number {
  if (depth > 16) throw new BtfInvalid(`type ${id} is an array of itself`)
  const type = resolved(btf, id)
  switch (type.kind) {
    case 'int':
    case 'enum':
    case 'struct':
    case 'union':
      return type.bytes
    case 'pointer':
      return 8
    case 'array':
      return type.length * nestedBytes(btf, type.of, depth + 1)
    case 'void':
    case 'alias':
    case 'variable':
    case 'section':
    case 'other':
      throw new BtfInvalid(`a ${type.kind} has no size`)
  }
}

/** Where a section's variables are. */
export function variablesIn(
  btf: Btf,
  section: string,
): ReadonlyMap<string, { readonly offset: number; readonly bytes: number; readonly type: number }> {
  const found = btf.types.find((type) => type.kind === 'section' && type.name === section)
  if (found?.kind !== 'section') return new Map()
  return new Map(
    found.variables.map(({ variable, offset, bytes }) => {
      const type = btf.types[variable]
      if (type?.kind !== 'variable') throw new BtfInvalid(`${section} holds more than variables`)
      return [type.name, { offset, bytes, type: type.of }]
    }),
  )
}
