import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DomainError, fromGrpcStatus, invalid, type Kind, kinds, toGrpcStatus } from './index.ts'

const there = (error: unknown): DomainError => fromGrpcStatus(toGrpcStatus(error))

test('an error arrives as it was thrown', () => {
  const thrown = new DomainError('network.allowed_ip_taken', 'conflict', '10.0.0.0/24 is taken', {
    details: { prefix: '10.0.0.0/24', heldBy: 'x' },
    cause: new Error('never sent'),
  })
  const arrived = there(thrown)
  expect(arrived).toMatchObject({ code: thrown.code, kind: 'conflict', message: thrown.message })
  expect(arrived.details).toEqual(thrown.details)
  expect(arrived.cause).toBeUndefined()
})

test('fields arrive too', () => {
  const fields = [
    { field: 'addresses[0]', code: 'cidr_invalid', detail: 'ä is no CIDR' },
    { field: 'name', code: 'name_invalid', detail: '' },
  ]
  const arrived = there(invalid(...fields))
  expect(arrived).toMatchObject({ code: 'invalid', kind: 'invalid', fields })
})

test('every kind and any text survive', () => {
  const text = fc.string({ unit: 'grapheme' })
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(kinds) as Kind[]).filter((kind) => kind !== 'internal')),
      fc
        .stringMatching(/^[a-z]{1,8}(\.[a-z_]{1,12}){0,2}$/)
        .filter((c) => !c.startsWith('holdfast.')),
      text,
      fc.dictionary(fc.stringMatching(/^[a-z][a-zA-Z]{0,9}$/), text),
      (kind, code, message, details) => {
        const arrived = there(new DomainError(code, kind, message, { details }))
        expect({ ...arrived, message: arrived.message }).toMatchObject({ code, kind, message })
        expect({ ...arrived.details }).toEqual({ ...details })
      },
    ),
  )
})

describe('what callers must not know', () => {
  test.each([
    ['a programming error', new TypeError('secret')],
    ['an internal error', new DomainError('x.y', 'internal', 'secret')],
    ['a thrown string', 'secret'],
  ])('%s is hidden', (_, error) => {
    const status = toGrpcStatus(error)
    expect(status.code).toBe(13)
    expect(status.message).not.toContain('secret')
    expect(Buffer.from(status.details).toString()).not.toContain('secret')
    expect(there(error)).toMatchObject({ code: 'internal', kind: 'internal' })
  })
})

test.each([
  [14, 'rpc.unavailable', 'unavailable'],
  [4, 'rpc.timeout', 'unavailable'],
  [8, 'rpc.exhausted', 'exhausted'],
  [12, 'internal', 'internal'],
  [2, 'internal', 'internal'],
])('a bare gRPC status %i is %s', (code, expected, kind) => {
  expect(fromGrpcStatus({ code, message: 'm' })).toMatchObject({ code: expected, kind })
})

test('broken details leave the code to speak', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (details) => {
      expect(fromGrpcStatus({ code: 14, message: 'm', details })).toBeInstanceOf(DomainError)
    }),
  )
})
