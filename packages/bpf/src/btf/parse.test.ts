import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sectionOf } from './elf.ts'
import { BtfInvalid, bytesOf, parseBtf, resolved, variablesIn } from './parse.ts'

const file = readFileSync(new URL('../testing/probe.bpf.o', import.meta.url))
const section = sectionOf(file, '.BTF')

describe('types of an object file', () => {
  const btf = parseBtf(section)

  test('a struct has its members where the compiler put them', () => {
    const struct = btf.types.find((type) => type.kind === 'struct' && type.name === 'pt_flow')
    expect(struct).toMatchObject({
      bytes: 8,
      members: [
        { name: 'protocol', bitOffset: 0, bitFieldBits: 0 },
        { name: 'length', bitOffset: 32 },
        { name: 'zero', bitOffset: 48 },
      ],
    })
    if (struct?.kind !== 'struct') return
    expect(struct.members.map(({ type }) => bytesOf(btf, type))).toEqual([4, 2, 2])
    expect(resolved(btf, struct.members[1]?.type ?? 0)).toMatchObject({
      kind: 'int',
      isSigned: false,
    })
  })

  test('constants are found by name', () => {
    expect([...variablesIn(btf, '.rodata').keys()].sort()).toEqual([
      'pt_blob_mask',
      'pt_is_strict',
      'pt_pass',
    ])
    expect(variablesIn(btf, '.nothing').size).toBe(0)
  })

  test('a section that is not there, and a file that is no object, are refused', () => {
    expect(() => sectionOf(file, '.nothing')).toThrow('there is no section .nothing')
    expect(() => sectionOf(Buffer.from('#!/bin/sh'), '.BTF')).toThrow(BtfInvalid)
    expect(() => sectionOf(Buffer.alloc(0), '.BTF')).toThrow(BtfInvalid)
    expect(() => parseBtf(Buffer.alloc(64))).toThrow('does not begin like BTF')
  })

  test('a type that is only names does not hang', () => {
    const looped = {
      types: [
        { kind: 'void' as const },
        { kind: 'alias' as const, name: 'a', of: 2 },
        { kind: 'alias' as const, name: 'b', of: 1 },
      ],
    }
    expect(() => resolved(looped, 1)).toThrow('only names')
  })

  test('broken bytes give types or BtfInvalid, nothing else', () => {
    const damage = fc.array(fc.record({ at: fc.nat(section.length - 1), byte: fc.nat(255) }), {
      minLength: 1,
      maxLength: 8,
    })
    fc.assert(
      fc.property(damage, fc.nat(section.length), (changes, length) => {
        const bytes = Buffer.from(section)
        for (const { at, byte } of changes) bytes[at] = byte
        for (const broken of [bytes, section.subarray(0, length)]) {
          try {
            const { types } = parseBtf(broken)
            for (let id = 0; id < types.length; id++) {
              try {
                bytesOf({ types }, id)
              } catch (error) {
                if (!(error instanceof BtfInvalid)) throw error
              }
            }
          } catch (error) {
            if (!(error instanceof BtfInvalid)) throw error
          }
        }
      }),
    )
  })
})
