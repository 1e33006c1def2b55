/**
 * packages/bpf/src/gen/layout.ts: the numbers and layouts of bpf/include, read from the types (BTF) in
 * bpf/objects/layout.o, which is made of nothing but the shared header, so that user space and kernel programs
 * cannot disagree. Run by scripts/gen.mjs; nothing is done while that object is not there.
 *
 * What begins with `hf_` is taken: enums as their values, structs as size and offsets (`atPackets`), with a reader
 * and a writer. Members called zero, zeros or pad are padding: always written as zero, never read.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sectionOf } from '../packages/bpf/src/btf/elf.ts'
import {
  type Btf,
  type BtfType,
  bytesOf,
  parseBtf,
  resolved,
} from '../packages/bpf/src/btf/parse.ts'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const object = join(root, 'bpf/objects/layout.o')
const out = join(root, 'packages/bpf/src/gen/layout.ts')

const isOurs = (name: string): boolean => name.startsWith('hf_')
const isPadding = (name: string): boolean => /^(zeros?|pad)\d*$/.test(name)
const camel = (name: string): string =>
  name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
const pascal = (name: string): string => camel(`_${name}`)

/** One way to read and write a value in a Buffer called `bytes` at an expression. */
interface Codec {
  readonly type: string
  read(at: string): string
  write(at: string, value: string): string
}

type Struct = Extract<BtfType, { kind: 'struct' | 'union' }>

function numberCodec(bytes: number, isSigned: boolean, isBigEndian: boolean): Codec {
  const end = bytes === 1 ? '' : isBigEndian ? 'BE' : 'LE'
  const method = `${bytes === 8 ? 'Big' : ''}${isSigned ? 'Int' : 'UInt'}${bytes * 8}${end}`
  return {
    type: bytes === 8 ? 'bigint' : 'number',
    read: (at) => `bytes.read${method}(${at})`,
    write: (at, value) => `bytes.write${method}(${value}, ${at})`,
  }
}

/** `__be16` and its like are only names to the compiler. */
function isBigEndian(btf: Btf, id: number): boolean {
  for (let at = id; ; ) {
    const type = btf.types[at]
    if (type?.kind !== 'alias') return false
    if (type.name.startsWith('__be')) return true
    at = type.of
  }
}

/** Undefined for what has no one meaning, a union say: its offset is told, reading it is the caller's. */
function codecOf(btf: Btf, id: number): Codec | undefined {
  const type = resolved(btf, id)
  switch (type.kind) {
    case 'int':
    case 'enum':
      return numberCodec(type.bytes, type.isSigned, isBigEndian(btf, id))
    case 'struct':
      return isOurs(type.name) && membersOf(btf, type).every(({ codec }) => codec)
        ? {
            type: pascal(type.name),
            read: (at) => `read${pascal(type.name)}(bytes, ${at})`,
            write: (at, value) => `write${pascal(type.name)}(bytes, ${at}, ${value})`,
          }
        : undefined
    case 'array': {
      const element = codecOf(btf, type.of)
      if (!element) return undefined
      const size = bytesOf(btf, type.of)
      if (size === 1 && element.type === 'number') {
        return {
          type: 'Uint8Array',
          read: (at) => `copyBytes(bytes, ${at}, ${type.length})`,
          write: (at, value) => `setBytes(bytes, ${at}, ${type.length}, ${value})`,
        }
      }
      return {
        type: `readonly ${element.type}[]`,
        read: (at) =>
          `Array.from({ length: ${type.length} }, (_, index) => ${element.read(`${at} + index * ${size}`)})`,
        write: (at, value) =>
          `for (const [index, element] of sized(${value}, ${type.length}).entries()) ${element.write(`${at} + index * ${size}`, 'element')}`,
      }
    }
    default:
      return undefined
  }
}

interface Member {
  readonly name: string
  readonly offset: number
  readonly codec: Codec | undefined
  readonly bytes: number
}

function membersOf(btf: Btf, struct: Struct): readonly Member[] {
  return struct.members.map(({ name, type, bitOffset, bitFieldBits }) => {
    if (bitFieldBits !== 0 || bitOffset % 8 !== 0) {
      throw new Error(`${struct.name}.${name} is a bit field; layouts are made of whole bytes`)
    }
    return { name, offset: bitOffset / 8, codec: codecOf(btf, type), bytes: bytesOf(btf, type) }
  })
}

function structLines(btf: Btf, struct: Struct): readonly string[] {
  const members = membersOf(btf, struct)
  let end = 0
  for (const member of members) {
    if (member.offset !== end && struct.kind === 'struct') {
      throw new Error(`${struct.name} has a hole before ${member.name}: name the padding`)
    }
    end = member.offset + member.bytes
  }
  if (struct.kind === 'struct' && end !== struct.bytes) {
    throw new Error(`${struct.name} has a hole at its end: name the padding`)
  }
  const told = members.filter(({ name }) => name !== '' && !isPadding(name))
  const name = pascal(struct.name)
  const lines = [
    `/** Size of \`struct ${struct.name}\`, and where its members are. */`,
    `export const ${camel(struct.name)} = {`,
    `  bytes: ${struct.bytes},`,
    ...told.map((member) => `  ${camel(`at_${member.name}`)}: ${member.offset},`),
    '} as const',
    '',
  ]
  if (struct.kind !== 'struct' || members.some(({ codec }) => !codec)) return lines
  return [
    ...lines,
    `export interface ${name} {`,
    ...told.map((member) => `  readonly ${camel(member.name)}: ${member.codec?.type}`),
    '}',
    '',
    `export function read${name}(bytes: Buffer, at = 0): ${name} {`,
    '  return {',
    ...told.map((member) => `    ${camel(member.name)}: ${member.codec?.read(place(member))},`),
    '  }',
    '}',
    '',
    `export function write${name}(bytes: Buffer, at: number, value: ${name}): void {`,
    ...(told.length < members.length ? [`  bytes.fill(0, at, at + ${struct.bytes})`] : []),
    ...told.map(
      (member) => `  ${member.codec?.write(place(member), `value.${camel(member.name)}`)}`,
    ),
    '}',
    '',
  ]
}

const place = ({ offset }: Member): string => (offset === 0 ? 'at' : `at + ${offset}`)

function enumLines(type: Extract<BtfType, { kind: 'enum' }>): readonly string[] {
  const largest = BigInt(Number.MAX_SAFE_INTEGER)
  return [
    `export const ${camel(type.name)} = {`,
    ...type.values.map(({ name, value }) => {
      const key = camel(name.replace(/^HF_/, '').toLowerCase())
      return `  ${key}: ${value}${value > largest ? 'n' : ''},`
    }),
    '} as const',
    '',
  ]
}

/** What readers and writers are made of; those that are called come along. A copy stays as it was read. */
const helpers = [
  `function sized<T>(list: readonly T[], length: number): readonly T[] {
  if (list.length !== length) throw new RangeError('a list of another length is expected')
  return list
}
`,
  `function copyBytes(bytes: Buffer, at: number, length: number): Uint8Array {
  if (at < 0 || at + length > bytes.length) throw new RangeError('the bytes end too early')
  return Uint8Array.from(bytes.subarray(at, at + length))
}
`,
  `function setBytes(bytes: Buffer, at: number, length: number, value: Uint8Array): void {
  if (value.length !== length) throw new RangeError('bytes of another length are expected')
  bytes.set(value, at)
}
`,
]

/** The text each type becomes: enums first, then structs, each by name. */
function textsOf(btf: Btf): readonly string[] {
  const found = new Map<string, string>()
  for (const type of btf.types) {
    if (type.kind === 'enum' && isOurs(type.name)) {
      found.set(`0 ${type.name}`, enumLines(type).join('\n'))
    } else if ((type.kind === 'struct' || type.kind === 'union') && isOurs(type.name)) {
      found.set(`1 ${type.name}`, structLines(btf, type).join('\n'))
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text)
}

if (existsSync(object)) {
  const text = textsOf(parseBtf(sectionOf(readFileSync(object), '.BTF'))).join('\n')
  const header =
    '// Generated by scripts/gen-bpf-maps.ts from bpf/objects/layout.o (bpf/include). Do not edit.\n'
  const used = helpers.filter((helper) => text.includes(`${/function (\w+)/.exec(helper)?.[1]}(`))
  mkdirSync(dirname(out), { recursive: true })
  writeFileSync(out, [header, text, ...used].join('\n'))
  execFileSync(join(root, 'node_modules/.bin/biome'), ['check', '--write', out], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
